import {createHash} from 'node:crypto';
import {type Blocked, blocked} from '../../../src/index.ts';
import {canonicalName, identityOf, sameSet} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, nameOf} from './record-text.ts';

/** One record as the old name servers have it, in Route 53's notation. */
export interface OldRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly value: string;
}

/** What Route 53 holds in a hosted zone (developer guide, "Supported DNS record types"). */
const supported = [
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
/** Signatures and what belongs to them: Route 53 makes its own, with its own keys. */
const ofSigning = ['CDNSKEY', 'CDS', 'DNSKEY', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'RRSIG', 'TYPE65534'];

/** Developer guide, "Quotas": of one set, and of one request. */
const mostValues = 400;
const mostValueCharacters = 4_000;
const mostRecords = 1_000;
const mostCharacters = 32_000;

export interface LeftOut {
  readonly name: string;
  readonly type: string;
}

export type Imported =
  | {readonly kind: 'sets'; readonly sets: readonly RecordSet[]}
  | {readonly kind: 'blocked'; readonly blocked: Blocked};

/** The sets that an imported zone has: every record of the old one but the SOA, the apex NS and the signatures. */
export function setsOf(
  records: readonly OldRecord[],
  {
    domain,
    old,
    leaveOut,
  }: {readonly domain: string; readonly old: string; readonly leaveOut: readonly LeftOut[]},
): Imported {
  const left = new Set(leaveOut.map(identityOf));
  const wanted = records.filter(
    ({name, type}) =>
      type !== 'SOA' &&
      !ofSigning.includes(type) &&
      !(type === 'NS' && name === domain) &&
      !left.has(identityOf({name, type})),
  );
  const foreign = wanted.filter(({type}) => !supported.includes(type));
  if (foreign.length > 0) {
    return {kind: 'blocked', blocked: unsupported(old, foreign)};
  }
  const groups = new Map<string, OldRecord[]>();
  for (const record of wanted) {
    const key = identityOf(record);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const sets = [...groups.values()].map(setOf).sort(byIdentity);
  const tooLarge = sets.find(
    ({values = []}) =>
      values.length > mostValues || values.some((value) => value.length > mostValueCharacters),
  );
  return tooLarge ? {kind: 'blocked', blocked: largeSet(old, tooLarge)} : {kind: 'sets', sets};
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

const byIdentity = (one: RecordSet, other: RecordSet): number =>
  identityOf(one) < identityOf(other) ? -1 : 1;

/** What of `wanted` is not there yet, exactly so. */
export function missingFrom(
  live: readonly RecordSet[],
  wanted: readonly RecordSet[],
): readonly RecordSet[] {
  const standing = new Map(live.map((set) => [identityOf(set), set]));
  return wanted.filter((set) => {
    const one = standing.get(identityOf(set));
    return !(one && sameSet(one, set));
  });
}

/** What the hosted zone holds otherwise already: nobody can tell here which of the two is meant. */
export function conflicts(
  zone: string,
  wanted: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined {
  const byName = new Map<string, RecordSet[]>();
  for (const set of live) {
    const name = canonicalName(set.name);
    byName.set(name, [...(byName.get(name) ?? []), set]);
  }
  const found = wanted.flatMap((set) =>
    (byName.get(canonicalName(set.name)) ?? [])
      .filter((one) => rules(one, set))
      .map((one) => ({one, set})),
  );
  const [first] = found;
  return first
    ? blocked(
        `${zone} holds ${nameOf(first.one)} ${contentOf(first.one)} already, and the old servers have ${nameOf(first.set)} ${contentOf(first.set)}${found.length > 1 ? `; so it is with ${found.length - 1} more sets` : ''}.`,
        'Remove it in Route 53 if the old one is right, or name it in leaveOut of the import if the new one is.',
      )
    : undefined;
}

/** The sets of a batch are all there, or none is: anything between is somebody else's doing. */
export function brokenBatch(
  zone: string,
  batch: readonly RecordSet[],
  live: readonly RecordSet[],
): Blocked | undefined {
  const standing = new Map(live.map((set) => [identityOf(set), set]));
  const found = batch.map((set) => ({set, one: standing.get(identityOf(set))}));
  const changed = found.find(({set, one}) => one && !sameSet(one, set));
  const gone = found.some(({one}) => one) && found.find(({one}) => !one);
  const [first] = [changed ?? gone].filter((one) => one !== undefined && one !== false);
  return first
    ? blocked(
        `${zone} holds ${nameOf(first.set)} ${contentOf(first.one)}; the import made it, or is to make it, ${contentOf(first.set)}.`,
        'Somebody else changed it since. Put it back to that, or remove all that the import created, by hand.',
      )
    : undefined;
}

/** A CNAME stands alone at its name; of the same type there is one set or a group. */
const rules = (one: RecordSet, other: RecordSet): boolean =>
  one.type === other.type || [one.type, other.type].includes('CNAME');

/** As few requests as the quotas allow, each made whole or not at all. */
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

/** `12 sets (5f0c…): api A, mail MX, …`: a fingerprint of their contents, and the first of their names. */
export function setsInWords(sets: readonly RecordSet[]): string {
  const print = createHash('sha256').update(JSON.stringify(sets)).digest('hex').slice(0, 8);
  const names = sets.slice(0, namesShown).map(nameOf).join(', ');
  const more = sets.length - namesShown;
  return `${sets.length} record sets (fingerprint ${print}): ${names}${more > 0 ? ` and ${more} more` : ''}`;
}

const namesShown = 8;

const unsupported = (old: string, foreign: readonly OldRecord[]): Blocked =>
  blocked(
    `${old} holds ${foreign.length} records of types that Route 53 does not know: ${foreign
      .slice(0, namesShown)
      .map((record) => nameOf(record))
      .join(', ')}${foreign.length > namesShown ? ' …' : ''}.`,
    'Replace them by others at the old name servers (a DNAME by CNAMEs, an ALIAS by addresses), or name each in leaveOut of the import.',
  );

const largeSet = (old: string, set: RecordSet): Blocked =>
  blocked(
    `${nameOf(set)} of ${old} has ${set.values?.length} values, the longest of ${Math.max(...(set.values ?? []).map(({length}) => length))} characters; a set of Route 53 holds ${mostValues} values of ${mostValueCharacters} characters.`,
    'Make it smaller at the old name servers, or name it in leaveOut of the import.',
  );
