import type {Fleet, SharedResource} from '../model/fleet.ts';
import type {SharedSystem} from '../report/index.ts';
import {groupsOf, type MayMeet, meetingsIn, mostAtOnce, requestsOf} from './collisions.ts';
import type {DescribedUnit} from './described-units.ts';

/** What units of one wave share, with what keeps them from using it all at once. */
export function sharedSystemsIn(
  fleet: Fleet,
  units: readonly DescribedUnit[],
): readonly SharedSystem[] {
  const mayMeet = meetingsIn(fleet, units);
  const shared = (['databaseHost', 'zone', 'cluster'] as const).flatMap((kind) =>
    groupsOf(units, (unit) => unit.shared[kind] ?? []).map(([system, group]) => ({
      ...{kind, system, units: group.map(({id}) => id)},
      ...limitOf(fleet, {kind, group, mayMeet}),
    })),
  );
  const asking = units.filter(({route53RequestsPerSecond}) => route53RequestsPerSecond > 0);
  const accounts = groupsOf(asking, ({shared: {account = []}}) => account).map(
    ([system, group]): SharedSystem => {
      const limit = limitOf(fleet, {kind: 'account', group, mayMeet});
      const most = Math.min(limit.most, mostAtOnce(fleet, group));
      return {
        ...{kind: 'route53', system, units: group.map(({id}) => id), most},
        by: most < limit.most ? 'zone' : limit.by,
        requestsPerSecond: requestsOf(group, most),
      };
    },
  );
  return [...shared, ...accounts];
}

interface Group {
  readonly kind: SharedResource;
  readonly group: readonly DescribedUnit[];
  readonly mayMeet: MayMeet;
}

/** How many of them are under way at once, and by what. */
function limitOf(
  {atOnce = {}}: Fleet,
  {kind, group, mayMeet}: Group,
): Pick<SharedSystem, 'most' | 'by'> {
  const limits = [
    {most: atOnce[kind], by: kind},
    {most: atOnce.units, by: 'units'},
  ] as const;
  const [least] = limits
    .flatMap(({most, by}) => (most !== undefined && most < group.length ? [{most, by}] : []))
    .toSorted((a, b) => a.most - b.most);
  const areApart = !group.some((unit, at) =>
    group.slice(at + 1).some((other) => mayMeet(unit, other)),
  );
  return areApart && least?.most !== 1
    ? {most: 1, by: 'after'}
    : (least ?? {most: group.length, by: null});
}
