import type {Problem} from '../model/problem.ts';

/** An object of a run: the entries from `seq` on. */
export interface Part {
  readonly run: string;
  readonly seq: number;
  readonly key: string;
}

export function partIn(key: string): readonly Part[] {
  const [, run, seq] = /^(\d{8}-\d{6}-[0-9a-f]{4})\/(\d+)\.jsonl$/.exec(key) ?? [];
  return run === undefined ? [] : [{run, seq: Number(seq), key}];
}

/** Each entry is a line. */
export const linesIn = (text: string): number => text.split('\n').length - 1;

export const journalIncomplete = (run: string, place: string, seq: number): Problem => ({
  code: 'shared-journal-incomplete',
  message: `The journal of ${run} in ${place} has a gap before entry ${seq}: an object was deleted there.`,
  hint: 'Restore the deleted object. Until then, no other host can take this run over. The host that wrote the journal still has all of it.',
});
