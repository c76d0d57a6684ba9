import type {Fleet, SharedResource} from '../model/fleet.ts';
import type {Problem} from '../model/problem.ts';
import type {DescribedUnit} from './described-units.ts';
import {fleetCollision} from './problems.ts';

/** Route 53 takes this many requests a second from an account (Amazon Route 53 Developer Guide, Quotas). */
const route53RequestsPerSecond = 5;

/** What the units of a fleet must not do to each other. Each is refused before the night. */
export function collisionsIn(fleet: Fleet, units: readonly DescribedUnit[]): readonly Problem[] {
  const mayMeet = meetingsIn(fleet, units);
  return [
    ...frozenTwice(units),
    ...frozenInUse(units, mayMeet),
    ...changedTwice(units, mayMeet),
    ...runTwice(units, mayMeet),
  ];
}

/** A server that was frozen for one unit, and left, takes no writes of another one. */
const frozenTwice = (units: readonly DescribedUnit[]): readonly Problem[] =>
  groupsOf(units, ({freezes}) => freezes).map(([server, group]) =>
    fleetCollision(
      group,
      `each of them freezes the database server ${server}, and a freeze stops every application that writes there.`,
      'Move everything on this server in one unit, with a runbook that deploys all of its applications.',
    ),
  );

export type MayMeet = (
  unit: DescribedUnit,
  other: DescribedUnit,
  resource?: SharedResource,
) => boolean;

function frozenInUse(units: readonly DescribedUnit[], mayMeet: MayMeet): readonly Problem[] {
  return units.flatMap((unit) =>
    unit.freezes.flatMap((server) => {
      const beside = units.filter(
        (other) =>
          other !== unit &&
          !other.freezes.includes(server) &&
          other.shared.databaseHost?.includes(server) &&
          mayMeet(unit, other, 'databaseHost'),
      );
      return beside.length === 0
        ? []
        : [
            fleetCollision(
              [unit, ...beside],
              `${unit.id} freezes the database server ${server} while the others may work on it.`,
              'Add atOnce: {databaseHost: 1} to the file, or name in "after" the unit that must be done first.',
            ),
          ];
    }),
  );
}

const changedTwice = (units: readonly DescribedUnit[], mayMeet: MayMeet): readonly Problem[] =>
  groupsOf(units, ({services}) => services)
    .filter(([, group]) =>
      group.some((unit, at) => group.slice(at + 1).some((other) => mayMeet(unit, other))),
    )
    .map(([service, group]) =>
      fleetCollision(
        group,
        `each of them changes the service ${service}, and they may do so at the same time.`,
        'Name in "after" the unit that must be done first, or put the units into different waves.',
      ),
    );

/** A state folder runs a runbook once at a time with an inventory and its targets, whatever the parameters are. */
const runTwice = (units: readonly DescribedUnit[], mayMeet: MayMeet): readonly Problem[] =>
  groupsOf(units, ({runbookName, inventoryName, targets = {}}) => [
    JSON.stringify([runbookName, inventoryName, Object.entries(targets).toSorted()]),
  ])
    .filter(([, group]) =>
      group.some((unit, at) => group.slice(at + 1).some((other) => mayMeet(unit, other))),
    )
    .map(([, group]) =>
      fleetCollision(
        group,
        'they have the same runbook, inventory and targets, and the lock of one run stops the others.',
        'Give each an inventory of its own, or name in "after" which is done first.',
      ),
    );

/** About waves to be approved in the PostgreSQL of a state folder, which cannot tell who approves. */
export const approvalRemarks = ({waves}: Fleet): readonly string[] =>
  Object.entries(waves).flatMap(([wave, {approve}]) =>
    approve
      ? [
          `${wave} needs approval. DATABASE_URL is not set: in the PostgreSQL of the state folder, anybody can approve as somebody else. Use it for trials only: fleet approve ${wave} --as ${approve.by[0]}`,
        ]
      : [],
  );

/** What is no mistake, and may still make a night longer than forecast. */
export function remarksOn(fleet: Fleet, units: readonly DescribedUnit[]): readonly string[] {
  return Object.keys(fleet.waves).flatMap((wave) => {
    const asking = units.filter((unit) => unit.wave === wave && unit.route53RequestsPerSecond > 0);
    return groupsOf(asking, ({shared}) => shared.account ?? []).flatMap(([account, group]) => {
      const most = mostAtOnce(fleet, group);
      const rate = requestsOf(group, most);
      return rate <= route53RequestsPerSecond
        ? []
        : [
            `${wave}: up to ${most} units at once send ${rate} requests a second to Route 53 in the account ${account}, which takes ${route53RequestsPerSecond}. Lower requestsPerSecond of their zones, or atOnce.account.`,
          ];
    });
  });
}

/** How many requests a second the busiest of them send to Route 53 at once. */
export const requestsOf = (group: readonly DescribedUnit[], most: number): number =>
  group
    .map((unit) => unit.route53RequestsPerSecond)
    .toSorted((a, b) => b - a)
    .slice(0, most)
    .reduce((sum, each) => sum + each, 0);

export function mostAtOnce({atOnce = {}}: Fleet, group: readonly DescribedUnit[]): number {
  const zones = new Set(group.flatMap(({shared}) => shared.zone ?? [])).size;
  return Math.min(
    group.length,
    atOnce.units ?? Number.POSITIVE_INFINITY,
    atOnce.account ?? Number.POSITIVE_INFINITY,
    (atOnce.zone ?? Number.POSITIVE_INFINITY) * zones,
  );
}

/** Whether two units may be under way at once: in one wave, neither after the other, and no limit of one between. */
export function meetingsIn(fleet: Fleet, units: readonly DescribedUnit[]): MayMeet {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const before = new Map<string, ReadonlySet<string>>();
  // In the order of `unitsOf`, what a unit waits for comes first.
  for (const {id, after} of units) {
    const all = after.flatMap((each) => [each, ...(before.get(each) ?? [])]);
    before.set(id, new Set(all.filter((each) => byId.has(each))));
  }
  return (unit, other, resource) =>
    unit.wave === other.wave &&
    fleet.atOnce?.units !== 1 &&
    (resource === undefined || fleet.atOnce?.[resource] !== 1) &&
    !before.get(unit.id)?.has(other.id) &&
    !before.get(other.id)?.has(unit.id);
}

/** Groups of at least two units, by what they have in common. */
export function groupsOf(
  units: readonly DescribedUnit[],
  textsOf: (unit: DescribedUnit) => readonly string[],
): readonly (readonly [string, readonly DescribedUnit[]])[] {
  const groups = new Map<string, DescribedUnit[]>();
  for (const unit of units) {
    for (const text of textsOf(unit)) {
      groups.set(text, [...(groups.get(text) ?? []), unit]);
    }
  }
  return [...groups].filter(([, group]) => group.length > 1);
}
