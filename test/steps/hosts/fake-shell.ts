import type {Command, CommandEnd} from '../../../steps/hosts/command/contract.ts';

/** A shell with four commands over the files of a host: `show`, `write`, `append` and `exit`. `$NAME` is a value. */
export async function fakeShell(
  files: Map<string, string>,
  {text, values}: Command,
  signal: AbortSignal,
): Promise<CommandEnd> {
  signal.throwIfAborted();
  const [name = '', path = '', ...words] = text
    .split(' ')
    .map((word) => word.replace(/^\$(\w+)$/, (_, value: string) => values[value] ?? ''));
  const content = files.get(path);
  switch (name) {
    // As `grep`: 1 when the text is not in the file, 2 without a file.
    case 'show':
      return ended(content === undefined ? 2 : content.includes(words[0] ?? '') ? 0 : 1, content);
    case 'write':
      files.set(path, words.join(' '));
      return ended(0);
    case 'append':
      files.set(path, `${content ?? ''}${words.join(' ')}`);
      return ended(0);
    default:
      return ended(Number(path), words.join(' '));
  }
}

const ended = (exit: number, printed = ''): CommandEnd => ({
  exit,
  printed,
  printedBytes: Buffer.byteLength(printed),
  complaint: '',
});
