import type {Ended} from '../cli/switcharoo.ts';

/** The problems that a program told with `--json`; of one that got through, the last that it said while it waited. */
export function wordsOf({code, stdout, stderr}: Ended): string {
  const documents = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (code === 0) {
    const waits = documents.flatMap(({kind, entry, says}) =>
      kind === 'progress' ? [`${entry}: ${says}`] : [],
    );
    return [...new Set(waits)].slice(-3).join(' | ');
  }
  const blocked = documents.flatMap(({plan}) =>
    (plan?.items ?? [])
      .filter(({outlook}: {outlook?: string}) => outlook === 'blocked')
      .map(({entry, says, hint, code}: Record<string, string>) => ({
        code,
        message: `${entry}: ${says}`,
        hint,
      })),
  );
  const told = documents.flatMap(({problems, problem, entry}) =>
    [problems, problem, entry?.problem].flat().filter(Boolean),
  );
  const texts = [...told, ...blocked].map(
    (problem) => `${problem.code}: ${problem.message} (${problem.hint})`,
  );
  return [...new Set(texts)].slice(-2).join(' | ') || stderr.trim() || stdout.trim().slice(-500);
}
