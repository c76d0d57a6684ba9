import type {Answer} from 'dns-packet';
import {canonicalName} from 'switcharoo/name-servers';
import type {RecordSet} from '../aws/record-set.ts';
import {answerOf, soaOf} from './rdata.ts';

/** The content of a zone, read again for every query. */
export interface Zone {
  readonly name: string;
  readonly nameServers: readonly string[];
  readonly records: readonly RecordSet[];
  /** The records of an alias to a name outside the zone (a load balancer's). Unknown names have no answer. */
  aliasTarget?(dnsName: string, type: string): {ttl: number; values: readonly string[]} | undefined;
  /** Zone transfers (AXFR) are allowed. */
  readonly transferable?: boolean;
}

interface ZoneAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly Answer[];
  /** The SOA, when there is no answer: resolvers cache that for its negative TTL. */
  readonly authorities: readonly Answer[];
  /** Addresses of the name servers of a referral. */
  readonly additionals?: readonly Answer[];
  /** The name is in a delegated zone: the authorities are its NS records. */
  readonly referral?: true;
}

// An alias may lead to an alias; a CNAME to a CNAME. Real zones have at most two or three.
const longestChain = 8;

/** Answers from the zone as Route 53 does. `random` (0..1) chooses among weighted sets. */
export function answerFrom(
  zone: Zone,
  question: {name: string; type: string},
  random: () => number = Math.random,
): ZoneAnswer {
  const answers: Answer[] = [];
  let name = canonicalName(question.name);
  if (!isWithin(name, zone)) {
    return {rcode: 'REFUSED', answers, authorities: []};
  }
  for (let links = 0; links < longestChain && isWithin(name, zone); links += 1) {
    const cut = cutAbove(zone, name, question.type);
    if (cut) {
      return {rcode: 'NOERROR', answers, ...referralTo(zone, cut)};
    }
    const sets = setsAt(zone, name);
    if (sets === undefined) {
      return {rcode: 'NXDOMAIN', answers, authorities: [soaAnswer(zone)]};
    }
    const [cname] = question.type === 'CNAME' ? [] : resolved(zone, sets, 'CNAME', name, random);
    if (cname?.type !== 'CNAME') {
      const records = resolved(zone, sets, question.type, name, random);
      answers.push(...records);
      return {rcode: 'NOERROR', answers, authorities: records.length > 0 ? [] : [soaAnswer(zone)]};
    }
    answers.push(cname);
    name = canonicalName(cname.data);
  }
  // The chain leaves the zone: the resolver has to ask elsewhere.
  return {rcode: 'NOERROR', answers, authorities: []};
}

/** The delegation that a name is below, if there is one. The DS records of a delegated zone belong to this zone. */
function cutAbove(zone: Zone, name: string, type: string): RecordSet | undefined {
  const apex = canonicalName(zone.name);
  return zone.records.find((set) => {
    const owner = canonicalName(set.name);
    const isCut = set.type === 'NS' && owner !== apex;
    return isCut && (name === owner ? type !== 'DS' : name.endsWith(`.${owner}`));
  });
}

function referralTo(zone: Zone, {name, ttl = 0, values = []}: RecordSet) {
  const addresses = zone.records.filter(
    (set) =>
      ['A', 'AAAA'].includes(set.type) &&
      values.some((server) => canonicalName(server) === canonicalName(set.name)),
  );
  return {
    authorities: values.map((value) => answerOf(canonicalName(name), 'NS', ttl, value)),
    additionals: addresses.flatMap(answersOf),
    referral: true as const,
  };
}

/** Every record in the order of a transfer: the SOA first, and once more at the end. */
export function wholeZone(zone: Zone): readonly Answer[] {
  const apex = canonicalName(zone.name);
  const isSoa = ({type, name}: RecordSet) => type === 'SOA' && canonicalName(name) === apex;
  const sets = withApex(zone);
  const soa = sets.filter(isSoa).flatMap(answersOf);
  return [...soa, ...sets.filter((set) => !isSoa(set)).flatMap(answersOf), ...soa];
}

const answersOf = ({name, type, ttl = 0, values = []}: RecordSet): readonly Answer[] =>
  values.map((value) => answerOf(canonicalName(name), type, ttl, value));

/** The zone that is closest to a name, of those that one server holds. */
export const closestZone = (zones: readonly Zone[], name: string): Zone | undefined =>
  [...zones]
    .sort((first, second) => second.name.length - first.name.length)
    .find((zone) => isWithin(canonicalName(name), zone));

function isWithin(name: string, zone: Zone): boolean {
  const apex = canonicalName(zone.name);
  return name === apex || apex === '.' || name.endsWith(`.${apex}`);
}

/** All sets at a name, those of the wildcard that covers it, or `undefined` when the name does not exist. */
function setsAt(zone: Zone, name: string): readonly RecordSet[] | undefined {
  const sets = withApex(zone).map((set) => ({...set, name: canonicalName(set.name)}));
  const at = (owner: string) => sets.filter((set) => set.name === owner);
  // A name with only names below it exists too, and hides a wildcard (RFC 4592, 2.2.2).
  const exists = (owner: string) =>
    sets.some((set) => set.name === owner || set.name.endsWith(`.${owner}`));
  if (exists(name)) {
    return at(name);
  }
  let encloser = parentOf(name);
  while (!exists(encloser)) {
    encloser = parentOf(encloser);
  }
  const wildcard = at(`*.${encloser}`);
  return wildcard.length > 0 ? wildcard : undefined;
}

const parentOf = (name: string) => name.slice(name.indexOf('.') + 1);

/** The zone's sets with the apex NS and SOA that every zone has, where the records have none. */
function withApex(zone: Zone): readonly RecordSet[] {
  const name = canonicalName(zone.name);
  const has = (type: string) =>
    zone.records.some((set) => set.type === type && canonicalName(set.name) === name);
  const [first = `ns.${name}`] = zone.nameServers;
  // TTLs and numbers are those of a new Route 53 zone.
  const soa = `${first} hostmaster.${name} 1 7200 900 1209600 86400`;
  return [
    ...zone.records,
    ...(has('NS') ? [] : [{name, type: 'NS', ttl: 172_800, values: zone.nameServers}]),
    ...(has('SOA') ? [] : [{name, type: 'SOA', ttl: 900, values: [soa]}]),
  ];
}

function resolved(
  zone: Zone,
  sets: readonly RecordSet[],
  type: string,
  owner: string,
  random: () => number,
  links = 0,
): readonly Answer[] {
  const ofType = sets.filter((candidate) => candidate.type === type);
  return chosen(ofType, random).flatMap(({ttl = 0, values = [], aliasTarget}) => {
    if (aliasTarget === undefined) {
      return values.map((value) => answerOf(owner, type, ttl, value));
    }
    const target = canonicalName(aliasTarget.dnsName);
    if (isWithin(target, zone)) {
      const next = links < longestChain ? (setsAt(zone, target) ?? []) : [];
      return resolved(zone, next, type, owner, random, links + 1);
    }
    const outside = zone.aliasTarget?.(target, type);
    return (outside?.values ?? []).map((value) => answerOf(owner, type, outside?.ttl ?? 0, value));
  });
}

/**
 * The sets of a group that answer. All servers pass their health checks here: of a failover pair
 * the primary answers, of multivalue sets up to eight, else one, in proportion to its weight, or
 * equally when all weights are 0.
 */
function chosen(sets: readonly RecordSet[], random: () => number): readonly RecordSet[] {
  if (sets.some(({multiValueAnswer}) => multiValueAnswer)) {
    return sets.slice(0, 8);
  }
  const primary = sets.find(({failover}) => failover === 'PRIMARY');
  const total = sets.reduce((sum, {weight = 0}) => sum + weight, 0);
  let point = random() * (total || sets.length);
  const weighted = sets.find(({weight = 0}) => {
    point -= total === 0 ? 1 : weight;
    return point < 0;
  });
  return [primary ?? weighted].filter((set) => set !== undefined);
}

function soaAnswer(zone: Zone): Answer {
  const apex = canonicalName(zone.name);
  const set = withApex(zone).find(({name, type}) => type === 'SOA' && canonicalName(name) === apex);
  const [value = ''] = set?.values ?? [];
  // Resolvers cache that a name is missing for the smaller of the two (RFC 2308, 3).
  const ttl = Math.min(set?.ttl ?? 900, soaOf(value).minimum);
  return answerOf(apex, 'SOA', ttl, value);
}
