import {type AliasTarget, isExactly, isSameToRoute53, keyOf, type RecordSet} from './record-set.ts';
import {AwsError} from './replies.ts';
import {refuseBeyondBounds} from './route53-limits.ts';
import {isWithin, storedName} from './route53-names.ts';
import {batchLimitProblems, valueProblems} from './route53-values.ts';
import type {Change} from './route53-xml.ts';

interface ZoneIdentity {
  readonly id: string;
  readonly name: string;
  /** What else an alias may lead to; without it, anything. */
  readonly aliasTargets?: readonly Omit<AliasTarget, 'evaluateTargetHealth'>[];
}

/**
 * The sets after a batch: all of its changes, or none. Throws InvalidChangeBatch with every reason, worded as Route
 * 53 does, and InvalidInput for what is out of bounds.
 */
export function afterBatch(
  zone: ZoneIdentity,
  sets: readonly RecordSet[],
  changes: readonly Change[],
): readonly RecordSet[] {
  refuseBeyondBounds(changes);
  const draft = new Map(sets.map((set) => [keyOf(set), set]));
  const problems = [...batchLimitProblems(changes)];
  for (const [at, change] of changes.entries()) {
    const changeProblems = problemsOf(change, {zone, draft, changes, at});
    problems.push(...changeProblems);
    if (changeProblems.length === 0) {
      make(change, draft);
    }
  }
  problems.push(...apexProblems(zone, draft));
  if (problems.length > 0) {
    throw new AwsError('InvalidChangeBatch', `[${problems.join(', ')}]`);
  }
  harmonise(draft, changes);
  keepWhatIsSame(draft, sets);
  return [...draft.values()];
}

/** Developer guide, "Quotas". */
const mostOfOneName = 100;

interface Situation {
  readonly zone: ZoneIdentity;
  readonly draft: Map<string, RecordSet>;
  readonly changes: readonly Change[];
  readonly at: number;
}

function problemsOf(change: Change, situation: Situation): readonly string[] {
  const {zone, draft, changes, at} = situation;
  const {action, set} = change;
  if (!isWithin(set.name, zone.name)) {
    return [`RRSet with DNS name ${set.name} is not permitted in zone ${zone.name}`];
  }
  if (changes.slice(0, at).some((earlier) => clashes(earlier, change))) {
    return [invalidSetOf(set)];
  }
  const present = draft.get(keyOf(set));
  if (action === 'DELETE') {
    return deletionProblems(set, present);
  }
  if (action === 'CREATE' && present) {
    return [`Tried to create resource record set ${named(set)} but it already exists`];
  }
  return [
    ...conflictProblems(set, situation),
    ...aliasProblems(set, situation),
    ...valueProblems(set),
  ];
}

/** No set twice in one batch, but for the pair that replaces one: DELETE, then CREATE. */
const clashes = (earlier: Change, change: Change): boolean =>
  keyOf(earlier.set) === keyOf(change.set) &&
  !(earlier.action === 'DELETE' && change.action === 'CREATE');

function deletionProblems(set: RecordSet, present: RecordSet | undefined): readonly string[] {
  const tried = `Tried to delete resource record set ${named(set)} but`;
  if (!present) {
    return [`${tried} it was not found`];
  }
  return isExactly(set, present)
    ? []
    : [`${tried} the values provided do not match the current values`];
}

function conflictProblems(
  set: RecordSet,
  {zone, draft, changes, at}: Situation,
): readonly string[] {
  if (set.type === 'CNAME' && set.name === zone.name) {
    return [
      `RRSet of type CNAME with DNS name ${set.name} is not permitted at apex in zone ${zone.name}`,
    ];
  }
  const beside = [...draft.values()].filter(({name}) => name === set.name);
  const other = beside.find(({type}) => type !== set.type && [type, set.type].includes('CNAME'));
  if (other) {
    // A set that this batch deletes later: AWS has another message for that (DNSControl/dnscontrol#3493).
    const goesLater = changes
      .slice(at)
      .some(
        ({action, set: {name, type}}) =>
          action === 'DELETE' && name === other.name && type === other.type,
      );
    return goesLater ? [invalidSetOf(other)] : [cnameConflict(set, zone)];
  }
  const group = beside.filter((member) => member.type === set.type && keyOf(member) !== keyOf(set));
  if (group.length >= mostOfOneName) {
    return [`${set.name} ${set.type} has ${mostOfOneName} resource record sets already`]; // AWS's own message is not known
  }
  return group.some((member) => policyOf(member) !== policyOf(set)) ? [policyConflict(set)] : [];
}

/** An alias needs its target: a set of its own zone, or a load balancer of that zone id. */
function aliasProblems(
  {aliasTarget, type}: RecordSet,
  {zone, draft}: Situation,
): readonly string[] {
  if (!aliasTarget) {
    return [];
  }
  const {hostedZoneId, dnsName} = aliasTarget;
  const tried = `Tried to create an alias that targets ${dnsName}, type ${type} in zone ${hostedZoneId}, but`;
  if (hostedZoneId === zone.id) {
    const exists = [...draft.values()].some((set) => set.name === dnsName && set.type === type);
    return [
      ...(isWithin(dnsName, zone.name) ? [] : [`${tried} ${outside}`]),
      ...(exists ? [] : [`${tried} that target was not found`]),
    ];
  }
  const named = zone.aliasTargets?.filter((target) => isBalancer(target.dnsName, dnsName));
  if (named === undefined) {
    return [];
  }
  // Both texts together: harmony-one/harmony-ops#491. A load balancer has addresses, and nothing else.
  const exists =
    ['A', 'AAAA'].includes(type) && named.some((each) => each.hostedZoneId === hostedZoneId);
  return [
    ...(named.every((each) => each.hostedZoneId === hostedZoneId) ? [] : [`${tried} ${outside}`]),
    ...(exists ? [] : [`${tried} that target was not found`]),
  ];
}

const outside = 'the alias target name does not lie within the target zone';

const isBalancer = (known: string, asked: string): boolean =>
  [known, `dualstack.${known}`].some((name) => storedName(name) === asked);

function apexProblems(zone: ZoneIdentity, draft: Map<string, RecordSet>): readonly string[] {
  const apex = [...draft.values()].filter(({name}) => name === zone.name);
  return [
    ...(apex.some(({type}) => type === 'SOA')
      ? []
      : ['A HostedZone must contain exactly one SOA record.']),
    ...(apex.some(({type}) => type === 'NS')
      ? []
      : ['A HostedZone must contain at least one NS record for the zone itself.']),
  ];
}

function make({action, set}: Change, draft: Map<string, RecordSet>): void {
  if (action === 'DELETE') {
    draft.delete(keyOf(set));
  } else {
    draft.set(keyOf(set), set);
  }
}

/**
 * All members of a group get the TTL that was written last (developer guide, "Values specific for weighted records").
 */
function harmonise(draft: Map<string, RecordSet>, changes: readonly Change[]): void {
  for (const {action, set} of changes) {
    if (action === 'DELETE' || set.setIdentifier === undefined || set.ttl === undefined) {
      continue;
    }
    for (const [key, member] of draft) {
      if (member.name === set.name && member.type === set.type && member.ttl !== undefined) {
        draft.set(key, {...member, ttl: set.ttl});
      }
    }
  }
}

function keepWhatIsSame(draft: Map<string, RecordSet>, sets: readonly RecordSet[]): void {
  for (const set of sets) {
    const next = draft.get(keyOf(set));
    if (next && isSameToRoute53(set, next)) {
      draft.set(keyOf(set), set);
    }
  }
}

const policyOf = (set: RecordSet): string =>
  [
    ...['weight', 'region', 'geoLocation', 'failover', 'multiValueAnswer'],
    ...['cidrRoutingConfig', 'geoProximityLocation'],
  ].find((key) => key in set) ?? 'simple';

const policyConflict = ({name, type, setIdentifier}: RecordSet): string =>
  `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${setIdentifier ?? null} cannot be created because an RRSet with another routing policy exists with the same name and type.`;

const cnameConflict = ({type, name}: RecordSet, zone: ZoneIdentity): string =>
  type === 'CNAME'
    ? `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`
    : // The two spaces are Route 53's.
      `RRSet of type ${type} with DNS name ${name} is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone ${zone.name}`;

const invalidSetOf = ({type, name}: RecordSet): string =>
  `The request contains an invalid set of changes for a resource record set '${type} ${name}'`;

const named = ({name, type, setIdentifier}: RecordSet): string =>
  `[name='${name}', type='${type}'${setIdentifier === undefined ? '' : `, set identifier='${setIdentifier}'`}]`;
