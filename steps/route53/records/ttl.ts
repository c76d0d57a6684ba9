import {z} from 'zod';
import {type Blocked, blocked, done, type Look, pending, type Verdict} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import {drift, type Edit, originalSets, protectedSet, wrongZone, type ZoneTargets} from './edit.ts';
import {tooLarge} from './obstacles.ts';
import {ownedByExternalDns, ownershipOf} from './ownership.ts';
import type {RecordSet} from './record-set.ts';
import {differencesOf, recordName} from './record-text.ts';
import {setsInScope} from './scope.ts';

export const ttlInput = z.object({
  /** All members of a weighted group have one TTL: one member stands for the group. */
  names: z
    .array(z.object({name: z.string(), type: z.string(), setIdentifier: z.string().optional()}))
    .min(1),
  ttlSeconds: z.coerce.number().int().min(0).max(2_147_483_647),
});
export type TtlInput = z.output<typeof ttlInput>;

/**
 * Sets the TTL of every set of the named groups to `ttlOf` of its present TTL. An alias has none, and stays as it is.
 */
export const ttlEdit = ({names}: TtlInput, ttlOf: (old: number) => number): Edit => ({
  scope: names.map(({name, type}) => ({name, type})),
  to: (from) =>
    from.map((set) =>
      set.ttlSeconds === undefined ? set : {...set, ttlSeconds: ttlOf(set.ttlSeconds)},
    ),
});

const ttlsOf = (sets: readonly RecordSet[]): readonly number[] =>
  sets.flatMap(({ttlSeconds}) => ttlSeconds ?? []);

/** The check of both TTL steps. `outputOf` returns the output once the TTLs are as they should be. */
export async function checkTtl<Output>(
  look: Look<ZoneTargets, TtlInput>,
  edit: Edit,
  outputOf: (live: readonly number[], original: readonly number[]) => Output | undefined,
): Promise<Verdict<RecordSet[], Output>> {
  const {input, signal} = look;
  const {zone} = look.targets;
  const stray = await wrongZone(zone, edit, signal);
  if (stray) {
    return stray;
  }
  const {live, neighbours} = await setsInScope(zone, edit.scope, signal);
  const obstacle =
    ttlObstacle(zone, input, live) ??
    (look.run.started
      ? undefined
      : ownedByExternalDns(zone, [
          ...neighbours,
          ...(await ownershipOf(zone, edit.scope, signal)),
        ]));
  if (obstacle) {
    return obstacle;
  }
  const from = originalSets(look, live);
  const output = outputOf(ttlsOf(live), ttlsOf(from));
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

/** A set that has no TTL of its own, or that this step must not change. */
function ttlObstacle(
  zone: ZoneReader,
  {names}: TtlInput,
  live: readonly RecordSet[],
): Blocked | undefined {
  for (const named of names) {
    const group = live.filter((set) => isAt(named, set));
    const chosen = group.filter(
      ({setIdentifier}) =>
        named.setIdentifier === undefined || named.setIdentifier === setIdentifier,
    );
    const obstacle =
      missing(zone, named, chosen) ?? aliased(zone, chosen) ?? unwritable(zone, group);
    if (obstacle) {
      return obstacle;
    }
  }
  return undefined;
}

const isAt = ({name, type}: TtlInput['names'][number], set: RecordSet): boolean =>
  set.type === type && canonicalName(set.name) === canonicalName(name);

const missing = (
  zone: ZoneReader,
  named: TtlInput['names'][number],
  chosen: readonly RecordSet[],
): Blocked | undefined =>
  chosen.length > 0
    ? undefined
    : blocked(
        `${zone.name} has no record ${recordName(named)}.`,
        'Correct the name, the type or the setIdentifier in the runbook.',
      );

function aliased(zone: ZoneReader, chosen: readonly RecordSet[]): Blocked | undefined {
  const [first] = chosen;
  return first && chosen.every(({alias}) => alias)
    ? blocked(
        `${recordName(first)} in ${zone.name} is an alias to ${first.alias?.dnsName}, and has no TTL of its own: its answers have the TTL of the target (60 s for a load balancer).`,
        'Remove it from the input of this step, or set the TTL of its target.',
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
