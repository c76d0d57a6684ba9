import type {Answer, DnsZoneReader, NoAnswer} from '../contract.ts';
import type {ZoneRecord} from '../records/rdata.ts';
import {signingTypes} from '../records/types.ts';
import type {Question} from '../wire/exchange.ts';
import {mapConcurrently} from './concurrency.ts';

interface Comparison {
  /** Names and types that are not compared. */
  readonly leftOut: (record: Question) => boolean;
  readonly stillReading?: ((progress: string) => void) | undefined;
  readonly signal: AbortSignal;
}

const askedAtOnce = 40;
/** What an alias record answers in place of a CNAME that is left out. */
export const addressTypes: readonly string[] = ['A', 'AAAA', 'HTTPS', 'SVCB'];

/** Names that most domains have, and that a list or an old file lacks: `''` is the domain itself. */
const usualNames: Readonly<Record<string, readonly string[]>> = {
  '': ['A', 'AAAA', 'MX', 'TXT', 'CAA', 'HTTPS'],
  www: ['A', 'AAAA'],
  mail: ['A', 'AAAA'],
  smtp: ['A'],
  imap: ['A'],
  webmail: ['A'],
  autodiscover: ['A'],
  api: ['A'],
  app: ['A'],
  ftp: ['A'],
  _dmarc: ['TXT'],
  '_mta-sts': ['TXT'],
  'default._domainkey': ['TXT'],
  'google._domainkey': ['TXT'],
  'selector1._domainkey': ['TXT'],
  'selector2._domainkey': ['TXT'],
};

/** What is asked where the records do not come from a transfer. */
export const usualQuestions = (domain: string): readonly Question[] =>
  Object.entries(usualNames).flatMap(([label, types]) =>
    types.map((type) => ({name: label === '' ? domain : `${label}.${domain}`, type})),
  );

/**
 * What the name servers answer otherwise than these records, a clause each. A transfer is what they hold; a file may be
 * old or of another zone, and a list of names may lack some.
 */
export async function liveDifferences(
  zone: DnsZoneReader,
  records: readonly ZoneRecord[],
  comparison: Comparison,
): Promise<readonly string[]> {
  if (zone.recordsFrom === 'transfer') {
    return [];
  }
  const {leftOut, stillReading, signal} = comparison;
  const isReplaced = ({name}: Question) => leftOut({name, type: 'CNAME'});
  const sets = setsOf(records.filter((record) => !(record.type === 'CNAME' && isReplaced(record))));
  const compared = zone.recordsFrom === 'names' ? [] : comparable(zone.domain, sets);
  const usual = usualQuestions(zone.domain).filter((question) => !sets.has(keyOf(question)));
  const questions = [...compared, ...usual]
    .filter((question) => !leftOut(question))
    .filter((question) => !(isReplaced(question) && addressTypes.includes(question.type)));
  let asked = 0;
  const differences = await mapConcurrently(questions, askedAtOnce, async (question) => {
    const replies = await zone.ask(question, signal);
    asked += 1;
    if (asked % askedAtOnce === 0) {
      stillReading?.(`${asked} of ${questions.length} answers of ${zone.name} compared`);
    }
    const isHidden =
      isReplaced(question) &&
      replies.some((reply) => reply.kind === 'answer' && isCname(answered(reply, question)));
    return isHidden ? undefined : differenceIn(zone, {question, sets, replies});
  });
  return [
    ...(zone.recordsFrom === 'file' ? await serialDifference(zone, sets, signal) : []),
    ...differences.filter((difference) => difference !== undefined),
  ];
}

type Sets = ReadonlyMap<string, readonly ZoneRecord[]>;

const keyOf = ({name, type}: Question): string => `${name} ${type}`;

function setsOf(records: readonly ZoneRecord[]): Sets {
  const sets = new Map<string, ZoneRecord[]>();
  for (const record of records) {
    sets.set(keyOf(record), [...(sets.get(keyOf(record)) ?? []), record]);
  }
  return sets;
}

/** Not what each server makes itself, and not what is below a delegation: servers need not answer that. */
function comparable(domain: string, sets: Sets): readonly Question[] {
  const all = [...sets.values()].flatMap(([record]) => record ?? []);
  const cuts = new Set(
    all.filter(({name, type}) => type === 'NS' && name !== domain).map(({name}) => name),
  );
  return all
    .filter(({name, type}) => !(name === domain && ['NS', 'SOA'].includes(type)))
    .filter(({type}) => !signingTypes.includes(type))
    .filter(({name}) => !namesAbove(name).some((above) => cuts.has(above)))
    .map(({name, type}) => ({name, type}));
}

/** `b.test.` and `test.` of `a.b.test.`; labels hold no dot: it is escaped. */
function namesAbove(name: string): readonly string[] {
  const labels = name.split('.').slice(0, -1);
  return labels.slice(1).map((_label, at) => `${labels.slice(at + 1).join('.')}.`);
}

/** A server that signs counts the serial by itself. */
async function serialDifference(
  zone: DnsZoneReader,
  sets: Sets,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [soas, keys] = await Promise.all(
    ['SOA', 'DNSKEY'].map((type) => zone.ask({name: zone.domain, type}, signal)),
  );
  const isSigned = (keys ?? []).some(
    (reply) => reply.kind === 'answer' && reply.answers.some(({type}) => type === 'DNSKEY'),
  );
  const serial = serialOf(sets.get(`${zone.domain} SOA`) ?? []);
  for (const reply of soas ?? []) {
    const live = reply.kind === 'answer' ? serialOf(reply.answers) : undefined;
    if (live === undefined) {
      return [`${reply.server.name} has no SOA record of ${zone.domain}${reasonOf(reply)}`];
    }
    if (live !== serial && !isSigned) {
      return [`its serial is ${serial}, but ${live} at ${reply.server.name}`];
    }
  }
  return [];
}

const serialOf = (records: readonly ZoneRecord[]): string | undefined =>
  records.find(({type}) => type === 'SOA')?.value.split(' ')[2];

const reasonOf = (reply: Answer | NoAnswer): string =>
  reply.kind === 'no-answer' ? ` (${reply.reason})` : '';

function differenceIn(
  zone: DnsZoneReader,
  {
    question,
    sets,
    replies,
  }: {
    readonly question: Question;
    readonly sets: Sets;
    readonly replies: readonly (Answer | NoAnswer)[];
  },
): string | undefined {
  const own = recordsFor(question, sets, zone.domain);
  const expected = contentOf(own);
  for (const reply of replies) {
    const live = contentOf(reply.kind === 'answer' ? answered(reply, question) : []);
    const isRefused = reply.kind === 'no-answer' && (own.length > 0 || !reply.refusal);
    if (isRefused || live !== expected) {
      const lives = isRefused ? `no answer${reasonOf(reply)}` : live;
      return `${question.name} ${question.type} is ${expected} there, but ${lives} at ${reply.server.name}`;
    }
  }
  return undefined;
}

/** What the records answer: those at the name, else those of the wildcard that covers it. */
function recordsFor({name, type}: Question, sets: Sets, domain: string): readonly ZoneRecord[] {
  const exists = (owner: string) =>
    [...sets.values()].some(([record]) => `.${record?.name}`.endsWith(`.${owner}`));
  const at = (owner: string) => sets.get(`${owner} ${type}`) ?? sets.get(`${owner} CNAME`) ?? [];
  if (at(name).length > 0 || exists(name)) {
    return at(name);
  }
  const encloser = namesAbove(name).find((above) => above === domain || exists(above));
  return at(`\\052.${encloser}`);
}

/** The records of an answer to a question: of a delegation those that it has itself, or the CNAME of its name. */
function answered(
  {answers, authorities, authoritative}: Answer,
  {name, type}: Question,
): readonly ZoneRecord[] {
  const atName = answers.filter((record) => record.name === name);
  const ofType = atName.filter((record) => record.type === type);
  if (ofType.length > 0) {
    return ofType;
  }
  const cut = authoritative || type !== 'NS' ? [] : authorities;
  return [
    ...atName.filter((record) => record.type === 'CNAME'),
    ...cut.filter((record) => record.type === 'NS' && record.name === name),
  ];
}

const isCname = ([first]: readonly ZoneRecord[]): boolean => first?.type === 'CNAME';

/** Records of one set have one TTL (RFC 2181, 5.2); name servers take the first. */
function contentOf(records: readonly ZoneRecord[]): string {
  const [first] = records;
  if (!first) {
    return 'absent';
  }
  const values = [...new Set(records.map(({value}) => value))].sort();
  const cname = first.type === 'CNAME' ? 'a CNAME to ' : '';
  return `${cname}${values.join(', ')} (TTL ${first.ttl} s)`;
}
