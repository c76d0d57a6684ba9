import {type Fact, type FactOf, isFact} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {journalEntryMalformed, secretInJournal} from './problems.ts';
import type {Redactor} from './redactor.ts';

/**
 * The program refers to runs, entries and targets by these. The runbook and the inventory contain them in plain text,
 * and
 * a secret that is a common word may be part of one.
 */
const names = new Set([
  ...['kind', 'run', 'runbook', 'inventory', 'plan', 'versions', 'decideByUtc'],
  ...['entry', 'entries', 'target', 'way', 'about', 'name', 'to'],
]);

/** A run hands these to its steps again. Altered, they would be acted upon: a unit by another name would be started. */
const handedBack = new Set(['params', 'before', 'output', 'bookmark']);

/** A fact as it may be written: free of secrets, and nothing in it that could not be read or acted upon later. */
export function safeFact<Kind extends Fact['kind']>(
  fact: FactOf<Kind>,
  redactor: Redactor,
): FactOf<Kind> {
  const safe: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(fact)) {
    if (handedBack.has(key) && redactor.isIn(member)) {
      throw new SwitcharooError(secretInJournal(key, 'entry' in fact ? fact.entry : null));
    }
    safe[key] = names.has(key) || handedBack.has(key) ? member : redactor.value(member);
  }
  if (fact.kind === 'action-intended' && fact.next) {
    safe['next'] = fact.next.map(({target, does}) => ({target, does: redactor.value(does)}));
  }
  if (!isFact(JSON.parse(JSON.stringify(safe)))) {
    throw new SwitcharooError(journalEntryMalformed(fact.kind));
  }
  return safe as FactOf<Kind>; // the same members: texts for texts, everything else as it was
}
