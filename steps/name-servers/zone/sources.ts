import {readFile} from 'node:fs/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {Answer, NoAnswer, ZoneServer} from '../contract.ts';
import {asZoneName} from '../records/names.ts';
import type {ZoneRecord} from '../records/rdata.ts';
import {recordsInFile} from '../records/zone-file.ts';
import {LineProblem} from '../records/zone-file-tokens.ts';
import type {Question} from '../wire/exchange.ts';
import type {TsigKey} from '../wire/tsig.ts';
import {mapConcurrently} from './concurrency.ts';
import {fileUnreadable, namesUnanswered, transferFailed} from './problems.ts';
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
    return recordsInFile(await readFile(file, 'utf8'), domain);
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (cause instanceof LineProblem) {
      const facts = {file: `${file}:${cause.line}`, what: cause.message};
      throw new SwitcharooError(fileUnreadable(facts), {cause});
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
  const recordLists = await mapConcurrently(questions, askedAtOnce, async (question) => {
    const reply = await firstAnswer(servers, question, signal);
    if (reply.kind === 'no-answer') {
      const facts = {target, question: `${question.name} ${question.type}`, reason: reply.reason};
      throw new SwitcharooError(namesUnanswered(facts));
    }
    // For a name below a delegation, a server returns the records of the delegation, and no answer.
    const cut = reply.authoritative ? [] : reply.authorities.filter(({name}) => name !== domain);
    return [
      ...reply.answers.filter(({name, type}) => name === question.name && type === question.type),
      ...cut.filter(({type}) => type === 'NS' && question.type === 'NS'),
      ...reply.additionals.filter(
        ({name, type}) => cut.length > 0 && name === question.name && type === question.type,
      ),
    ];
  });
  return withoutDuplicates(recordLists.flat());
}

async function firstAnswer(
  servers: readonly ZoneServer[],
  question: Question,
  signal: AbortSignal,
): Promise<Answer | NoAnswer> {
  let last: Answer | NoAnswer | undefined;
  for (const server of servers) {
    last = await queryServer(server, question, signal);
    if (last.kind === 'answer') {
      return last;
    }
  }
  return last as NoAnswer; // There is at least one server.
}

const withoutDuplicates = (records: readonly ZoneRecord[]): readonly ZoneRecord[] => [
  ...new Map(
    records.map((record) => [JSON.stringify([record.name, record.type, record.value]), record]),
  ).values(),
];
