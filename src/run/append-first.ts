import {rmSync} from 'node:fs';
import {dirname} from 'node:path';
import type {Journal} from '../journal/contract.ts';
import type {FactOf} from '../model/journal.ts';
import type {Host} from './host.ts';

/** Removes a journal that refuses its first entry, with its folder: nothing was done. */
export function appendFirst(host: Host, journal: Journal, first: FactOf<'run-started'>): void {
  try {
    journal.append(first);
  } catch (error) {
    if (journal.entries.length === 0) {
      journal.close();
      removeEmptyRun(host, first.run);
    }
    throw error;
  }
}

function removeEmptyRun({state}: Host, run: string): void {
  if (state.emptyRuns().includes(run)) {
    rmSync(dirname(state.journalOf(run)), {recursive: true});
  }
}
