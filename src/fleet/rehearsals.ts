import {loadInventory} from '../inventory/inventory.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import {paramsFor} from '../inventory/targets.ts';
import type {Item} from '../model/entry.ts';
import {shellWord} from '../model/hint.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Host} from '../run/host.ts';
import {rehearsalsOf} from '../run/rehearsed.ts';
import {wholeRunbook} from '../run/whole-runbook.ts';
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
export async function fleetRehearsals(
  host: Pick<Host, 'state'>,
  units: readonly DescribedUnit[],
): Promise<readonly FleetRehearsal[]> {
  const digests = [...new Set(units.map(({runbookDigest}) => runbookDigest))];
  return Promise.all(
    digests.map((digest) =>
      rehearsalOf(
        host,
        units.filter(({runbookDigest}) => runbookDigest === digest),
      ),
    ),
  );
}

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

async function rehearsalOf(
  host: Pick<Host, 'state'>,
  group: readonly DescribedUnit[],
): Promise<FleetRehearsal> {
  const [first] = group;
  if (!first) {
    throw new TypeError('A runbook of a fleet without units.');
  }
  const loaded = await loadRunbook(first.runbook);
  const inventory = loadInventory(first.inventory, host.state.path);
  const runbook = wholeRunbook(loaded, paramsFor(loaded.runbook, inventory, first.params));
  const {forward, back} = rehearsalsOf(host, runbook);
  return {
    ...{runbook: first.runbookName, word: first.runbook, units: group.map(({id}) => id)},
    ...{reverseAt: lastReversible(runbook)},
    ...{forward: forward?.run.run ?? null, back: back?.run.run ?? null},
  };
}

function lastReversible({items}: AnyRunbook): string {
  const all: readonly Item[] = items;
  const end = all.findIndex(({kind}) => kind === 'point-of-no-return');
  const before = end < 0 ? all : all.slice(0, end);
  const last = before.findLast((item) => item.kind === 'entry');
  return last?.kind === 'entry' ? last.id : '';
}

/** What is missing before the night. `inLab`: units of the lab that is up, which `fleet rehearse` refuses. */
export function rehearsalRemark(
  {runbook, units, forward, back, ...rehearsal}: FleetRehearsal,
  inLab: readonly string[],
): readonly string[] {
  const missing =
    forward === null
      ? 'was never rehearsed to its end as it is now'
      : back === null
        ? 'was never reversed to its start in a rehearsal as it is now'
        : undefined;
  const {word, reverseAt} = rehearsal;
  const command = `rehearse ${shellWord(word)}${forward === null ? '' : ` --reverse-at ${shellWord(reverseAt)}`}`;
  const todo = units.some((unit) => inLab.includes(unit))
    ? `To rehearse it, stop the lab: lab down; ${command}`
    : 'To rehearse it: fleet rehearse';
  return missing === undefined
    ? []
    : [
        `${runbook} ${missing} (${units.length === 1 ? units[0] : `${units.length} units`}). ${todo}`,
      ];
}
