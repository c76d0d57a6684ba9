import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {hostAndPort, type Question} from './wire/exchange.ts';
import {asZoneName} from './wire/names.ts';
import type {ZoneRecord} from './wire/rdata.ts';
import {serverAddress} from './wire/server-address.ts';
import {tsigAlgorithms} from './wire/tsig.ts';
import {type ServerOf, type Told, toldBy, type Unheard} from './zone/query.ts';
import {fromFile, fromNames, fromTransfer} from './zone/records.ts';

/** To which servers one server of the parent zone sends whoever asks for a domain below it. */
export interface Delegation {
  readonly kind: 'delegation';
  readonly server: ServerOf;
  /** In the order of their names; none where the parent does not know the domain. */
  readonly nameServers: readonly NameServer[];
  readonly ttl: number;
}

export interface NameServer {
  readonly name: string;
  /** Its addresses, where the parent tells them because the name is below the domain itself. */
  readonly glue: readonly string[];
}

/** A zone as its own name servers hold it, wherever those are. Nothing is ever written through it. */
export interface ZoneReaderOf {
  /** The target's name in the inventory. */
  readonly name: string;
  readonly domain: string;
  readonly servers: readonly ServerOf[];
  /** Where `records` come from, in words. */
  readonly source: string;
  /** Every record: transferred, from a file, or as far as a list of names leads. */
  records(signal: AbortSignal): Promise<readonly ZoneRecord[]>;
  /** Asks every server at the same time, without recursion. */
  ask(question: Question, signal: AbortSignal): Promise<readonly (Told | Unheard)[]>;
  /** Asks every server to whom it delegates a domain below its own. */
  delegations(child: string, signal: AbortSignal): Promise<readonly (Delegation | Unheard)[]>;
}

const named = z.object({name: z.string(), at: serverAddress});

const config = z
  .object({
    domain: z.string().transform((domain) => asZoneName(domain)),
    servers: z.array(z.union([serverAddress, named])).min(1),
    /** Signs transfers. */
    tsig: z
      .object({
        name: z.string(),
        algorithm: z.enum(tsigAlgorithms).default('hmac-sha256'),
        secret: z.string(),
      })
      .optional(),
    /** Instead of a transfer: a zone file. */
    zoneFile: z.string().optional(),
    /** Instead of a transfer: the names that are asked for. What is not among them is not found. */
    names: z.array(z.string()).min(1).optional(),
  })
  .refine(({zoneFile, names}) => zoneFile === undefined || names === undefined, {
    message: 'records come from a file or from a list of names, not from both',
  });
type Config = z.output<typeof config>;

/** A zone at name servers: the old provider's, the parent's, or Route 53's own. */
export const dnsZone = defineTarget({
  kind: 'dns-zone',
  config,
  open: async (given, {name}) => {
    const reader = readerOf(name, given);
    return {reader, writer: reader, close: async () => {}};
  },
});

function readerOf(name: string, given: Config): ZoneReaderOf {
  const {domain} = given;
  const servers = given.servers.map(serverOf);
  const ask: ZoneReaderOf['ask'] = (question, signal) =>
    Promise.all(servers.map((server) => toldBy(server, question, signal)));
  return {
    name,
    domain,
    servers,
    source:
      given.zoneFile !== undefined
        ? `the file ${given.zoneFile}`
        : given.names
          ? `answers for ${given.names.length} names`
          : `a transfer from ${servers[0]?.address}`,
    records: async (signal) => {
      signal.throwIfAborted();
      return given.zoneFile !== undefined
        ? fromFile(given.zoneFile, domain)
        : given.names
          ? fromNames(name, {names: given.names, domain, servers}, signal)
          : fromTransfer(name, {domain, servers, tsig: given.tsig}, signal);
    },
    ask,
    delegations: async (child, signal) =>
      (await ask({name: child, type: 'NS'}, signal)).map((reply) => delegationIn(reply, child)),
  };
}

const serverOf = (given: string | {name: string; at: string}): ServerOf =>
  typeof given === 'string'
    ? {name: asZoneName(hostAndPort(given).host), address: given}
    : {name: asZoneName(given.name), address: given.at};

function delegationIn(reply: Told | Unheard, child: string): Delegation | Unheard {
  if (reply.kind === 'unheard') {
    return reply;
  }
  const {server, answers, authorities, additionals} = reply;
  const domain = asZoneName(child);
  const sets = [...answers, ...authorities].filter(
    ({type, name}) => type === 'NS' && name === domain,
  );
  const nameServers = [...new Set(sets.map(({value}) => value))].sort().map((name) => ({
    name,
    glue: additionals
      .filter((record) => record.name === name && ['A', 'AAAA'].includes(record.type))
      .filter(() => `.${name}`.endsWith(`.${domain}`))
      .map(({value}) => value)
      .sort(),
  }));
  return {kind: 'delegation', server, nameServers, ttl: Math.max(0, ...sets.map(({ttl}) => ttl))};
}
