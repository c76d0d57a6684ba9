import {readFile} from 'node:fs/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {Answer, NoAnswer, ZoneServer} from '../contract.ts';
import {asZoneName} from '../records/names.ts';
import type {ZoneRecord} from '../records/rdata.ts';
import {LineProblem} from '../records/zone-file-tokens.ts';
import {NoZone, zoneInFile} from '../records/zone-in-file.ts';
import type {Question} from '../wire/exchange.ts';
import type {TsigKey} from '../wire/tsig.ts';
import {mapConcurrently} from './concurrency.ts';
import {fileUnreadable, namesUnanswered, noZoneFile, transferFailed} from './problems.ts';
import {queryServer} from './query.ts';
import {transferred} from './transfer.ts';

interface ServedZone {
  readonly domain: string;
  readonly servers: readonly ZoneServer[];
}

/** From the first server that allows the transfer. */
export async function fromTransfer(
  target: string,
  {domain, servers, tsig}: ServedZone & {readonly tsig: TsigKey | undefined},
  signal: AbortSignal,
): Promise<readonly ZoneRecord[]> {
  const refusals: string[] = [];
  for (const {address} of servers) {
    try {
      return await transferred(address, domain, {tsig, signal});
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(`${address}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new SwitcharooError(transferFailed({target, domain, refusals: refusals.join('; ')}));
}

export async function fromFile(file: string, domain: string): Promise<readonly ZoneRecord[]> {
  try {
    return zoneInFile(await readFile(file), domain);
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (cause instanceof LineProblem) {
      const facts = {file: `${file}:${cause.line}`, what: cause.message};
      throw new SwitcharooError(fileUnreadable(facts), {cause});
    }
    if (cause instanceof NoZone) {
      throw new SwitcharooError(noZoneFile({file, domain, what: cause.message}), {cause});
    }
    if (code === undefined) {
      throw cause;
    }
    throw new SwitcharooError(fileUnreadable({file, what: `it cannot be opened (${code})`}), {
      cause,
    });
  }
}

/** The types that a hosted zone may hold; name servers no longer answer `ANY` (RFC 8482). */
const askedTypes = [
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
const askedAtOnce = 50;

export async function fromNames(
  target: string,
  {names, domain, servers}: ServedZone & {readonly names: readonly string[]},
  signal: AbortSignal,
): Promise<readonly ZoneRecord[]> {
  const zoneNames = new Set([domain, ...names.map((name) => asZoneName(name, domain))]);
  const questions = [...zoneNames].flatMap((name) => askedTypes.map((type) => ({name, type})));
  const replies = await mapConcurrently(questions, askedAtOnce, async (question) => ({
    question,
    reply: await firstAnswer(servers, question, signal),
  }));
  const unanswered = replies.find(
    ({question, reply}) => reply.kind === 'no-answer' && !hasNoSuchType(question, reply, replies),
  );
  if (unanswered?.reply.kind === 'no-answer') {
    const {question, reply} = unanswered;
    const facts = {target, question: `${question.name} ${question.type}`, reason: reply.reason};
    throw new SwitcharooError(namesUnanswered(facts));
  }
  return withoutDuplicates(
    replies.flatMap(({question, reply}) =>
      reply.kind === 'answer' ? recordsOf(reply, question, domain) : [],
    ),
  );
}

interface Replied {
  readonly question: Question;
  readonly reply: Answer | NoAnswer;
}

/** Types that every name server has. One that refuses such a question does not serve the zone. */
const typesOfAll = ['A', 'CNAME', 'MX', 'NS', 'PTR', 'TXT'];

/**
 * A server that refuses one type for every name, and answers other types for this one, holds no such records: older
 * ones say NOTIMP, REFUSED or FORMERR to types that they do not know.
 */
function hasNoSuchType(
  {name, type}: Question,
  {refusal}: NoAnswer,
  replies: readonly Replied[],
): boolean {
  const answered = replies.filter(({reply}) => reply.kind === 'answer');
  return (
    refusal !== undefined &&
    ['NOTIMP', 'REFUSED', 'FORMERR'].includes(refusal) &&
    !typesOfAll.includes(type) &&
    !answered.some(({question}) => question.type === type) &&
    answered.some(({question}) => question.name === name)
  );
}

/** For a name below a delegation, a server returns the records of the delegation, and no answer. */
function recordsOf(
  {authoritative, answers, authorities, additionals}: Answer,
  question: Question,
  domain: string,
): readonly ZoneRecord[] {
  const cut = authoritative ? [] : authorities.filter(({name}) => name !== domain);
  const asked = ({name, type}: ZoneRecord) => name === question.name && type === question.type;
  return [
    ...answers.filter(asked),
    ...cut.filter(({type}) => type === 'NS' && question.type === 'NS'),
    ...additionals.filter((record) => cut.length > 0 && asked(record)),
  ];
}

async function firstAnswer(
  servers: readonly ZoneServer[],
  question: Question,
  signal: AbortSignal,
): Promise<Answer | NoAnswer> {
  const failed: NoAnswer[] = [];
  for (const server of servers) {
    const reply = await queryServer(server, question, signal);
    if (reply.kind === 'answer') {
      return reply;
    }
    failed.push(reply);
  }
  // A refusal says more than silence. There is at least one server.
  return (failed.find(({refusal}) => refusal !== undefined) ?? failed.at(-1)) as NoAnswer;
}

const withoutDuplicates = (records: readonly ZoneRecord[]): readonly ZoneRecord[] => [
  ...new Map(
    records.map((record) => [JSON.stringify([record.name, record.type, record.value]), record]),
  ).values(),
];
