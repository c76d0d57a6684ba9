import type {Item} from '../model/entry.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Host} from '../run/host.ts';
import {rehearsalsOf} from '../run/rehearsed.ts';
import type {DescribedUnit} from './described-units.ts';

/** What was rehearsed of a runbook of a fleet, in this state folder. */
export interface FleetRehearsal {
  /** Its name. */
  readonly runbook: string;
  /** As the first of its units names it. */
  readonly word: string;
  readonly units: readonly string[];
  /** Where a rehearsal of the reversal begins: the last entry before the point of no return. */
  readonly reverseAt: string;
  /** The rehearsals that went forward to the end and back to the start; `null` where there is none. */
  readonly forward: string | null;
  readonly back: string | null;
}

/** Each different runbook once: two units with the same entries are rehearsed together. Contacts no system. */
export function fleetRehearsals(
  host: Pick<Host, 'state'>,
  units: readonly DescribedUnit[],
): readonly FleetRehearsal[] {
  const firsts = units.filter(
    ({runbookDigest}, at) => units.findIndex((each) => each.runbookDigest === runbookDigest) === at,
  );
  return firsts.map((first) => {
    const group = units.filter(({runbookDigest}) => runbookDigest === first.runbookDigest);
    const {forward, back} = rehearsalsOf(host, first.whole);
    return {
      ...{runbook: first.runbookName, word: first.runbook, units: group.map(({id}) => id)},
      ...{reverseAt: lastReversible(first.whole)},
      ...{forward: forward?.run.run ?? null, back: back?.run.run ?? null},
    };
  });
}

/** Whether it was not yet rehearsed forward and back. */
export const isMissing = ({forward, back}: FleetRehearsal): boolean =>
  forward === null || back === null;

/** What is to be rehearsed in the lab: each file once, also where its units have parameters of their own. */
export function rehearsalsDue(
  rehearsals: readonly FleetRehearsal[],
): readonly {readonly runbook: string; readonly reverseAt: string | undefined}[] {
  const due = rehearsals.flatMap(({word: runbook, reverseAt, forward, back}) => [
    ...(forward === null ? [{runbook, reverseAt: undefined}] : []),
    ...(back === null ? [{runbook, reverseAt}] : []),
  ]);
  return due.filter(
    ({runbook, reverseAt}, index) =>
      due.findIndex((each) => each.runbook === runbook && each.reverseAt === reverseAt) === index,
  );
}

function lastReversible({items}: AnyRunbook): string {
  const all: readonly Item[] = items;
  const end = all.findIndex(({kind}) => kind === 'point-of-no-return');
  const before = end < 0 ? all : all.slice(0, end);
  const last = before.findLast((item) => item.kind === 'entry');
  return last?.kind === 'entry' ? last.id : '';
}

/** What is missing before the night. */
export function rehearsalRemark({
  runbook,
  units,
  forward,
  back,
}: FleetRehearsal): readonly string[] {
  const missing =
    forward === null
      ? 'was never rehearsed to its end as it is now'
      : back === null
        ? 'was never reversed to its start in a rehearsal as it is now'
        : undefined;
  const whose = units.length === 1 ? units[0] : `${units.length} units`;
  return missing === undefined
    ? []
    : [`${runbook} ${missing} (${whose}). To rehearse it: fleet rehearse`];
}
