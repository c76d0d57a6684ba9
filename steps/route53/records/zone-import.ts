import {createHash} from 'node:crypto';
import {type Blocked, blocked} from '../../../src/index.ts';
import {recordType, signingTypes} from '../../name-servers/index.ts';
import {refusalReason} from '../zone/limits.ts';
import {canonicalName, identityOf, sameSet} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, recordName} from './record-text.ts';

/** One record of the old name servers, in Route 53's notation. */
interface OldRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly value: string;
}

/** Developer guide, "Supported DNS record types". */
const supportedTypes = [
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'DS',
  'HTTPS',
  'MX',
  'NAPTR',
  'NS',
  'PTR',
  'SPF',
  'SRV',
  'SSHFP',
  'SVCB',
  'TLSA',
  'TXT',
];
/** Developer guide, "Quotas": limits of one request. */
const mostRecords = 1_000;
const mostCharacters = 32_000;

interface SetName {
  readonly name: string;
  readonly type: string;
}

type ImportResult =
  | {readonly kind: 'sets'; readonly sets: readonly RecordSet[]}
  | {readonly kind: 'blocked'; readonly blocked: Blocked};

/**
 * The sets of the hosted zone after the import: every record of the old zone but the SOA, the apex NS and the
 * signatures.
 */
export function importedSets(
  records: readonly OldRecord[],
  {
    domain,
    old,
    leaveOut,
  }: {readonly domain: string; readonly old: string; readonly leaveOut: readonly SetName[]},
): ImportResult {
  const all = records.filter(
    ({name, type}) =>
      type !== 'SOA' && !signingTypes.includes(type) && !(type === 'NS' && name === domain),
  );
  if (all.length === 0) {
    return {kind: 'blocked', blocked: nothingToCopy(old, domain)};
  }
  const isOmitted = omission(leaveOut);
  const copied = all.filter((record) => !isOmitted(record));
  const foreign = copied.filter(({type}) => !supportedTypes.includes(type));
  if (foreign.length > 0) {
    return {kind: 'blocked', blocked: unsupported(old, foreign)};
  }
  const groups = new Map<string, OldRecord[]>();
  for (const record of copied) {
    const key = identityOf(record);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const sets = [...groups.values()].map(setOf).sort(byIdentity);
  const obstacle = refusedTogether(old, domain, sets) ?? refusedAlone(old, sets);
  return obstacle ? {kind: 'blocked', blocked: obstacle} : {kind: 'sets', sets};
}

/** Whether the operator leaves a record out, under whatever name of its type. */
export function omission(leaveOut: readonly SetName[]): (record: SetName) => boolean {
  const keys = new Set(
    leaveOut.map(({name, type}) => identityOf({name, type: recordType(type) ?? type})),
  );
  return ({name, type}) => keys.has(identityOf({name, type}));
}

function setOf(records: readonly OldRecord[]): RecordSet {
  const [{name, type, ttl}] = records as readonly [OldRecord]; // A group has a first one.
  // Records of one set have one TTL (RFC 2181, 5.2); name servers take the first.
  return {
    name,
    type,
    ttlSeconds: ttl,
    values: [...new Set(records.map(({value}) => value))].sort(),
  };
}

const byIdentity = (first: RecordSet, second: RecordSet): number =>
  identityOf(first) < identityOf(second) ? -1 : 1;

/** The sets that are not in the zone, or not with the same content. */
export function missingFrom(
  live: readonly RecordSet[],
  sets: readonly RecordSet[],
): readonly RecordSet[] {
  const liveSets = new Map(live.map((set) => [identityOf(set), set]));
  return sets.filter((set) => {
    const liveSet = liveSets.get(identityOf(set));
    return !(liveSet && sameSet(liveSet, set));
  });
}

/** A set of the hosted zone that excludes an imported one: only a person knows which of the two is right. */
export function conflicts(
  zone: string,
  sets: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined {
  const byName = new Map<string, RecordSet[]>();
  for (const set of live) {
    const name = canonicalName(set.name);
    byName.set(name, [...(byName.get(name) ?? []), set]);
  }
  const pairs = sets.flatMap((set) =>
    (byName.get(canonicalName(set.name)) ?? [])
      .filter((liveSet) => excludes(liveSet, set))
      .map((liveSet) => ({liveSet, set})),
  );
  const [first] = pairs;
  return first
    ? blocked(
        `${zone} holds ${recordName(first.liveSet)} ${contentOf(first.liveSet)}, and the old servers have ${recordName(first.set)} ${contentOf(first.set)}${pairs.length > 1 ? `; ${pairs.length - 1} more sets differ` : ''}.`,
        'If the old record is right, delete the set in Route 53; if the set is right, add the record to leaveOut of the import.',
      )
    : undefined;
}

/** The zone has all sets of a batch or none; anything else is the change of another client. */
export function brokenBatch(
  zone: string,
  batch: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined {
  const liveSets = new Map(live.map((set) => [identityOf(set), set]));
  const pairs = batch.map((set) => ({set, liveSet: liveSets.get(identityOf(set))}));
  const changed = pairs.find(({set, liveSet}) => liveSet && !sameSet(liveSet, set));
  const deleted = pairs.some(({liveSet}) => liveSet)
    ? pairs.find(({liveSet}) => !liveSet)
    : undefined;
  const first = changed ?? deleted;
  return first
    ? blocked(
        `${zone} has ${recordName(first.set)} ${contentOf(first.liveSet)}; the import creates it as ${contentOf(first.set)}.`,
        'Another client changed it. Restore it as the import creates it, or delete all records of the import by hand.',
      )
    : undefined;
}

/** A CNAME is alone at its name; of the same type there is one set or a group. */
const excludes = (first: RecordSet, second: RecordSet): boolean =>
  first.type === second.type || [first.type, second.type].includes('CNAME');

/** As few requests as the quotas allow, each made as a whole or not at all. */
export function batchesOf(sets: readonly RecordSet[]): readonly (readonly RecordSet[])[] {
  const batches: RecordSet[][] = [];
  let [records, characters] = [Number.POSITIVE_INFINITY, 0];
  for (const set of sets) {
    const values = set.values ?? [];
    const more = values.join('').length;
    if (records + values.length > mostRecords || characters + more > mostCharacters) {
      batches.push([]);
      [records, characters] = [0, 0];
    }
    batches.at(-1)?.push(set);
    records += values.length;
    characters += more;
  }
  return batches;
}

/** `12 record sets (fingerprint 5f0c…): api A, mail MX, …`: a fingerprint of their contents, and the first names. */
export function setsText(sets: readonly RecordSet[]): string {
  const fingerprint = createHash('sha256').update(JSON.stringify(sets)).digest('hex').slice(0, 8);
  const names = sets.slice(0, namesShown).map(recordName).join(', ');
  const more = sets.length - namesShown;
  return `${sets.length} record sets (fingerprint ${fingerprint}): ${names}${more > 0 ? ` and ${more} more` : ''}`;
}

const namesShown = 8;

const nothingToCopy = (old: string, domain: string): Blocked =>
  blocked(
    `${old} has only the SOA and NS records of ${domain}: the new name servers would have no records to serve.`,
    'Correct zoneFile, names, domain or servers of the target in the inventory.',
  );

const unsupported = (old: string, foreign: readonly OldRecord[]): Blocked =>
  blocked(
    `${old} holds ${foreign.length} records of types that Route 53 does not support: ${foreign
      .slice(0, namesShown)
      .map((record) => recordName(record))
      .join(', ')}${foreign.length > namesShown ? ' …' : ''}.`,
    'Add each to leaveOut of the import. Replace a DNAME by CNAMEs at the old name servers, and an ALIAS or ANAME by an alias record in Route 53.',
  );

/** A set that Route 53 refuses beside the others of the zone, or at its name. */
function refusedTogether(
  old: string,
  domain: string,
  sets: readonly RecordSet[],
): Blocked | undefined {
  const names = new Map<string, string[]>();
  for (const {name, type} of sets) {
    names.set(name, [...(names.get(name) ?? []), type]);
  }
  const [set] = sets.filter(({name, type}) => type === 'CNAME' && name === domain);
  if (set) {
    return blocked(
      `${old} holds ${recordName(set)} ${contentOf(set)}, and ${plainName(domain)} is the domain itself: Route 53 refuses a CNAME beside its SOA and NS records.`,
      aliasInstead(domain),
    );
  }
  const shared = sets.find(({name, type}) => type === 'CNAME' && names.get(name)?.[1]);
  if (shared) {
    const others = (names.get(shared.name) ?? []).filter((type) => type !== 'CNAME');
    return blocked(
      `${old} holds ${recordName(shared)} ${contentOf(shared)} and ${others.join(', ')} records at the same name: Route 53 refuses a CNAME beside other records.`,
      aliasInstead(shared.name),
    );
  }
  const wildcard = sets.find(({name, type}) => type === 'NS' && name.startsWith('\\052.'));
  return wildcard
    ? blocked(
        `${old} holds ${recordName(wildcard)}: Route 53 refuses NS records at a wildcard.`,
        'Create the NS records of each name at the old name servers, and add this one to leaveOut of the import.',
      )
    : undefined;
}

/** An alias may stand beside other records, and at the domain itself. */
const aliasInstead = (name: string): string =>
  `Add the CNAME of ${plainName(name)} to leaveOut. If its target is in AWS or in this zone, create an alias record (A, and AAAA) for ${plainName(name)} in Route 53. Otherwise replace the CNAME by A and AAAA records with the addresses of its target at the old name servers.`;

const plainName = (name: string): string => name.replace(/\\052/g, '*').replace(/\.$/, '');

function refusedAlone(old: string, sets: readonly RecordSet[]): Blocked | undefined {
  for (const set of sets) {
    const reason = refusalReason(set, [set]);
    if (reason) {
      return blocked(
        `${recordName(set)} of ${old} ${reason}: Route 53 refuses it.`,
        'Correct it at the old name servers, or add it to leaveOut of the import.',
      );
    }
  }
  return undefined;
}
