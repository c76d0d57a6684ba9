import {readFile} from 'node:fs/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {Question} from '../wire/exchange.ts';
import {asZoneName} from '../wire/names.ts';
import type {ZoneRecord} from '../wire/rdata.ts';
import type {TsigKey} from '../wire/tsig.ts';
import {fileUnreadable, namesUnanswered, transferFailed} from './problems.ts';
import {type ServerOf, type Told, toldBy, type Unheard} from './query.ts';
import {transferred} from './transfer.ts';
import {recordsInFile} from './zone-file.ts';
import {LineProblem} from './zone-file-tokens.ts';

interface Source {
  readonly domain: string;
  readonly servers: readonly ServerOf[];
}

/** From the first server that lets us. */
export async function fromTransfer(
  target: string,
  {domain, servers, tsig}: Source & {readonly tsig: TsigKey | undefined},
  signal: AbortSignal,
): Promise<readonly ZoneRecord[]> {
  const said: string[] = [];
  for (const {address} of servers) {
    try {
      return await transferred(address, domain, {tsig, signal});
    } catch (error) {
      signal.throwIfAborted();
      said.push(`${address}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new SwitcharooError(transferFailed({target, domain, said: said.join('; ')}));
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

/** The types that a hosted zone may hold; nothing answers `ANY` any more (RFC 8482). */
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
  {names, domain, servers}: Source & {readonly names: readonly string[]},
  signal: AbortSignal,
): Promise<readonly ZoneRecord[]> {
  const all = [...new Set([domain, ...names.map((name) => asZoneName(name, domain))])];
  const questions = all.flatMap((name) => askedTypes.map((type) => ({name, type})));
  const found = await inTurns(questions, askedAtOnce, async (question) => {
    const reply = await firstToTell(servers, question, signal);
    if (reply.kind === 'unheard') {
      const facts = {target, question: `${question.name} ${question.type}`, said: reply.reason};
      throw new SwitcharooError(namesUnanswered(facts));
    }
    // Of a name below a delegation the records of the delegation are told, and no answer.
    const cut = reply.authoritative ? [] : reply.authorities.filter(({name}) => name !== domain);
    return [
      ...reply.answers.filter(({name, type}) => name === question.name && type === question.type),
      ...cut.filter(({type}) => type === 'NS' && question.type === 'NS'),
      ...reply.additionals.filter(
        ({name, type}) => cut.length > 0 && name === question.name && type === question.type,
      ),
    ];
  });
  return withoutDoubles(found.flat());
}

async function firstToTell(
  servers: readonly ServerOf[],
  question: Question,
  signal: AbortSignal,
): Promise<Told | Unheard> {
  let last: Told | Unheard | undefined;
  for (const server of servers) {
    last = await toldBy(server, question, signal);
    if (last.kind === 'told') {
      return last;
    }
  }
  return last as Unheard; // There is at least one server.
}

const withoutDoubles = (records: readonly ZoneRecord[]): readonly ZoneRecord[] => [
  ...new Map(
    records.map((record) => [JSON.stringify([record.name, record.type, record.value]), record]),
  ).values(),
];

/** Works through a list, some at the same time, and keeps its order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next; index < items.length; index = next) {
      next += 1;
      results[index] = await work(items[index] as Item); // within the length
    }
  };
  await Promise.all(Array.from({length: Math.min(atOnce, items.length)}, worker));
  return results;
}
