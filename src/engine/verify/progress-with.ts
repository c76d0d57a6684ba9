import type {Fact} from '../../model/journal.ts';
import {type Progress, progressAfter} from '../../model/progress.ts';

/** The name of the run and of the inventory that a verification explores. */
export const runName = 'verification';

/** The progress once the fact is journaled. Time does not pass: no state differs by it. */
export function progressWith(progress: Progress | undefined, fact: Fact): Progress {
  const next = progressAfter(progress, {...fact, seq: 0, atUtc: momentText, prev: ''});
  if (!next) {
    throw new Error('a run begins with its first entry');
  }
  return next;
}

const momentText = new Date(0).toISOString();
