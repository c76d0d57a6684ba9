import {type ApproveInput, approve, defaultValidForMs} from './approve.ts';
import {type ConfirmInput, confirm} from './confirm.ts';
import {type Entry, entryOf, type Known} from './entry.ts';

/** What a gate asks that a person opens. */
export interface Asked<Params, Outputs> {
  readonly question: string;
  readonly details?: (known: Known<Params, Outputs>) => readonly string[];
  readonly after?: readonly (keyof Outputs & string)[];
  readonly requires?: readonly (keyof Outputs & string)[];
}

/** The same, asked of people other than the operator. */
export interface AskedOfOthers<Params, Outputs> extends Asked<Params, Outputs> {
  /** The group of the inventory whose people may approve. */
  readonly by: string;
  /** How many of them; one without it. */
  readonly of?: number;
  /** How long an approval counts, in ms; 12 hours without it. */
  readonly validForMs?: number;
}

export function confirmEntry<Params, Outputs>(
  place: {readonly id: string; readonly phase: string},
  {question, details, after = [], requires = []}: Asked<Params, Outputs>,
): Entry {
  const input = (known: Known<Params, Outputs>): ConfirmInput => ({
    question,
    details: [...(details?.(known) ?? [])],
  });
  const binding = {on: {}, input, after, requires};
  return {...entryOf(place.id, place.phase, confirm, binding), summary: question};
}

export function approveEntry<Params, Outputs>(
  place: {readonly id: string; readonly phase: string},
  {by, of = 1, validForMs = defaultValidForMs, ...asked}: AskedOfOthers<Params, Outputs>,
): Entry {
  const {question, details, after = [], requires = []} = asked;
  const input = (known: Known<Params, Outputs>): ApproveInput => ({
    ...{question, by, of, validForMs},
    details: [...(details?.(known) ?? [])],
  });
  const binding = {on: {}, input, after, requires};
  return {
    ...entryOf(place.id, place.phase, approve, binding),
    summary: question,
    approval: {by, of, validForMs, details: String(details)},
  };
}
