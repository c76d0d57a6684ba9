import {z} from 'zod';
import {type Blocked, blocked, done, type Look, pending, type Verdict} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import {drift, type Edit, firstSeen, protectedSet, wrongZone, type ZoneTargets} from './edit.ts';
import {tooLarge} from './obstacles.ts';
import {ownedByExternalDns, ownershipOf} from './ownership.ts';
import type {RecordSet} from './record-set.ts';
import {differencesOf, nameOf} from './record-text.ts';
import {standingAt} from './scope.ts';

export const ttlInput = z.object({
  /** All members of a weighted group have one TTL: naming one of them is naming the group. */
  names: z
    .array(z.object({name: z.string(), type: z.string(), setIdentifier: z.string().optional()}))
    .min(1),
  ttlSeconds: z.coerce.number().int().min(0).max(2_147_483_647),
});
export type TtlInput = z.output<typeof ttlInput>;

/**
 * Gives every set of the named groups the TTL that `ttlOf` makes of the one it has. An alias has none, and is left
 * alone.
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

/** The look that both TTL steps take; `outputOf` says whether the TTLs are as wanted, and what later steps may use. */
export async function checkTtl<Output>(
  look: Look<ZoneTargets, TtlInput>,
  edit: Edit,
  outputOf: (live: readonly number[], first: readonly number[]) => Output | undefined,
): Promise<Verdict<RecordSet[], Output>> {
  const {input, signal} = look;
  const {zone} = look.targets;
  const stray = await wrongZone(zone, edit, signal);
  if (stray) {
    return stray;
  }
  const {live, beside} = await standingAt(zone, edit.scope, signal);
  const obstacle =
    ttlObstacle(zone, input, live) ??
    (look.run.started
      ? undefined
      : ownedByExternalDns(zone, [...beside, ...(await ownershipOf(zone, edit.scope, signal))]));
  if (obstacle) {
    return obstacle;
  }
  const from = firstSeen(look, live);
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

/** What has no TTL of its own, or is not ours to write. */
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
        `${zone.name} holds no record ${nameOf(named)}.`,
        'Correct the name, the type or the setIdentifier in the runbook.',
      );

function aliased(zone: ZoneReader, chosen: readonly RecordSet[]): Blocked | undefined {
  const [first] = chosen;
  return first && chosen.every(({alias}) => alias)
    ? blocked(
        `${nameOf(first)} in ${zone.name} is an alias to ${first.alias?.dnsName}, and has no TTL of its own: its answers have that of their target (60 s for a load balancer).`,
        'Leave it out of this step, or set the TTL of the record that it points at.',
      )
    : undefined;
}

function unwritable(zone: ZoneReader, group: readonly RecordSet[]): Blocked | undefined {
  const found = group.find(
    ({type, routing}) => type === 'NS' || type === 'SOA' || routing?.['TrafficPolicyInstanceId'],
  );
  return found
    ? blocked(
        `${nameOf(found)} in ${zone.name} ${found.routing ? 'belongs to a traffic policy' : 'says which name servers answer'}, and is not changed by this step.`,
        found.routing
          ? 'Change the traffic policy instead.'
          : 'Change it by hand, and leave it out of this step.',
      )
    : undefined;
}
