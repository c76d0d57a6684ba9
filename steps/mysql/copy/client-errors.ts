/** An error of a client that loads, as it printed it. */
interface LoadError {
  /** Where its input had the statement that failed; `null` where it does not say. */
  readonly line: number | null;
  readonly text: string;
}

/** The errors of a client that loads, whole: a syntax error quotes lines of its input, and so has several itself. */
export function loadErrors(printed: string): readonly LoadError[] {
  return printed
    .split(/^(?=ERROR \d)/m)
    .filter((text) => /^ERROR \d/.test(text))
    .map((text) => {
      // MariaDB's client also prints the next statement that fails, between two such lines.
      const [own = ''] = text.split(/^-{10,}$/m);
      const [, line] = /^ERROR \d+ \(\w+\) at line (\d+)/.exec(text) ?? [];
      return {line: line === undefined ? null : Number(line), text: onOneLine(own)};
    });
}

/** The first line that reports an error. After `near`, a syntax error quotes the dump, which is data. */
export function firstErrorLine(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  // A client may print the statement before its error.
  const line =
    lines.find((candidate) => /^ERROR \d/.test(candidate)) ??
    lines.find((candidate) => isError.test(candidate)) ??
    lines.at(-1);
  return cut((line ?? 'it printed nothing').replace(/ near '.*/, ''), longestLine);
}

/** Each line in which a client that dumps reports an error. */
export const errorLines = (printed: string): readonly string[] =>
  printed
    .split('\n')
    .map((line) => onOneLine(line))
    .filter((line) => isError.test(line));

const isError = /\berror\b|\bCouldn't\b/i;

const longestLine = 300;
const longestText = 2_000;

const onOneLine = (text: string): string => cut(text.replace(/\s+/g, ' ').trim(), longestText);

const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;
