import {z} from 'zod';
import {type Blocked, blocked, done, type Look, pending, type Verdict} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {addressTypes} from './alias.ts';
import {canonicalName} from './canonical.ts';
import {drift, type Edit, originalSets, protectedSet, wrongZone, type ZoneTargets} from './edit.ts';
import {tooLarge} from './obstacles.ts';
import {ownedByExternalDns, ownershipOf} from './ownership.ts';
import type {RecordSet} from './record-set.ts';
import {differencesOf, recordName} from './record-text.ts';
import {setsInScope} from './scope.ts';

export const ttlSeconds = z.coerce.number().int().min(0).max(2_147_483_647);

export const ttlName = z.object({
  name: z.string(),
  /** Without it: every type that leads clients to an address, of which the name must have one. */
  type: z.string().optional(),
  /** All members of a weighted group have one TTL: one member stands for the group. */
  setIdentifier: z.string().optional(),
});
type TtlName = z.output<typeof ttlName>;
type Named = {readonly names: readonly TtlName[]};

/**
 * Sets the TTL of every set of the named groups to `ttlOf` of its present TTL. An alias has none, and stays as it is.
 */
export const ttlEdit = <Name extends TtlName>(
  {names}: {readonly names: readonly Name[]},
  ttlOf: (old: number, named: Name | undefined) => number,
): Edit => ({
  scope: names.flatMap(({name, type}) => typesOf(type).map((each) => ({name, type: each}))),
  to: (from) =>
    from.map((set) => {
      const named = names.find((each) => isAt(each, set));
      return set.ttlSeconds === undefined
        ? set
        : {...set, ttlSeconds: ttlOf(set.ttlSeconds, named)};
    }),
});

const typesOf = (type: string | undefined): readonly string[] =>
  type === undefined ? addressTypes : [type];

/** The check of both TTL steps. `outputOf` returns the output once the TTLs are as they should be. */
export async function checkTtl<Output>(
  look: Look<ZoneTargets, Named>,
  edit: Edit,
  outputOf: (live: readonly RecordSet[], original: readonly RecordSet[]) => Output | undefined,
): Promise<Verdict<RecordSet[], Output>> {
  const {input, signal} = look;
  const {zone} = look.targets;
  const stray = await wrongZone(zone, {scope: edit.scope, to: []}, signal);
  if (stray) {
    return stray;
  }
  const {live, neighbours} = await setsInScope(zone, edit.scope, signal);
  const {name: domain} = await zone.domain(signal);
  const obstacle =
    ttlObstacle({zone, domain}, input, live) ??
    (look.run.started
      ? undefined
      : ownedByExternalDns(zone, [
          ...neighbours,
          ...(await ownershipOf(zone, ownedScope(input, live), signal)),
        ]));
  if (obstacle) {
    return obstacle;
  }
  const from = originalSets(look, live);
  const output = outputOf(live, from);
  if (output !== undefined) {
    return done(output);
  }
  const to = edit.to(from);
  return (
    drift(zone, {live, from, to}) ??
    tooLarge({zone, live: from, to}) ??
    (await protectedSet(zone, edit, signal)) ??
    pending([...live], ...differencesOf(live, to))
  );
}

/** What external-dns may own: each name costs calls, so only types that the zone has are asked for. */
const ownedScope = ({names}: Named, live: readonly RecordSet[]) =>
  names.flatMap((named) =>
    named.type === undefined
      ? live.filter((set) => isAt(named, set)).map(({type}) => ({name: named.name, type}))
      : [{name: named.name, type: named.type}],
  );

interface ZoneFacts {
  readonly zone: ZoneReader;
  readonly domain: string;
}

/** A set whose TTL is that of another record, or that this step must not change. */
function ttlObstacle(
  facts: ZoneFacts,
  {names}: Named,
  live: readonly RecordSet[],
): Blocked | undefined {
  for (const named of names) {
    const group = live.filter((set) => isAt(named, set));
    const chosen = group.filter(
      ({setIdentifier}) =>
        named.setIdentifier === undefined || named.setIdentifier === setIdentifier,
    );
    const obstacle =
      missing(facts.zone, named, chosen) ?? aliased(facts, chosen) ?? unwritable(facts.zone, group);
    if (obstacle) {
      return obstacle;
    }
  }
  return undefined;
}

export const isAt = ({name, type}: TtlName, set: RecordSet): boolean =>
  typesOf(type).includes(set.type) && canonicalName(set.name) === canonicalName(name);

const missing = (
  zone: ZoneReader,
  {type, ...named}: TtlName,
  chosen: readonly RecordSet[],
): Blocked | undefined =>
  chosen.length > 0
    ? undefined
    : blocked(
        `${zone.name} has no record ${recordName({...named, type: type ?? addressTypes.join(', ')})}.`,
        'Correct the name, the type or the setIdentifier in the runbook.',
      );

/** The TTL of a load balancer's name is always the same. That of a record in this zone can be changed, there. */
function aliased({zone, domain}: ZoneFacts, chosen: readonly RecordSet[]): Blocked | undefined {
  const inZone = chosen.find(
    ({alias}) => alias && `.${canonicalName(alias.dnsName)}`.endsWith(`.${domain}`),
  );
  return inZone?.alias && chosen.every(({alias}) => alias)
    ? blocked(
        `${recordName(inZone)} in ${zone.name} is an alias to ${inZone.alias.dnsName}, and has no TTL of its own: its answers have the TTL of that record.`,
        `Name ${inZone.alias.dnsName} in the input of this step, instead of ${inZone.name}.`,
      )
    : undefined;
}

function unwritable(zone: ZoneReader, group: readonly RecordSet[]): Blocked | undefined {
  const set = group.find(
    ({type, routing}) => type === 'NS' || type === 'SOA' || routing?.['TrafficPolicyInstanceId'],
  );
  return set
    ? blocked(
        `${recordName(set)} in ${zone.name} ${set.routing ? 'belongs to a traffic policy' : 'names the name servers of a zone'}: this step does not change it.`,
        set.routing
          ? 'Change the traffic policy, and remove the record from the input of this step.'
          : 'Change it by hand, and remove it from the input of this step.',
      )
    : undefined;
}
