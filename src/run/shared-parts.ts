import {keyOf} from '../journal/shared-log.ts';
import type {Problem} from '../model/problem.ts';

/** An object of a run: the entries from `seq` on. */
export interface Part {
  readonly run: string;
  readonly seq: number;
  readonly key: string;
}

/** Nothing of a key that no host of this program writes, such as `RUN/41.jsonl`. */
export function partIn(key: string): readonly Part[] {
  const [, run, seq] = /^(\d{8}-\d{6}-[0-9a-f]{4})\/(\d+)\.jsonl$/.exec(key) ?? [];
  const isOurs = run !== undefined && keyOf(run, Number(seq)) === key;
  return isOurs ? [{run, seq: Number(seq), key}] : [];
}

/** An object is added as a whole: one without the end of its last line was never written by a run. */
export const tornPart = (
  parts: readonly Part[],
  texts: readonly (string | null)[],
): Part | undefined => parts.find((_, index) => !texts[index]?.endsWith('\n'));

/** Each entry is a line. */
export const linesIn = (text: string): number => text.split('\n').length - 1;

export const journalTorn = (run: string, place: string, key: string): Problem => ({
  code: 'shared-journal-damaged',
  message: `${key} in ${place} is no part of the journal of ${run}: it is empty, its last line has no end, or no run writes an object with this name.`,
  hint: 'Compare it with the journal on the host of the run, and look up in AWS CloudTrail who wrote it. If it is not from the run, no host can continue the run while it is there: keep a copy of it as evidence, and let the administrator of the bucket delete it with its version id.',
});

export const journalIncomplete = (run: string, place: string, seq: number): Problem => ({
  code: 'shared-journal-incomplete',
  message: `The journal of ${run} in ${place} has a gap before entry ${seq}: an object was deleted there.`,
  hint: 'Restore the deleted object. Until then, no other host can take this run over. The host that wrote the journal still has all of it.',
});
