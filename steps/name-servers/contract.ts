import type {ZoneRecord} from './records/rdata.ts';
import type {Question} from './wire/exchange.ts';
import type {TsigKey} from './wire/tsig.ts';

/** A zone at its own name servers. */
export interface DnsZoneConfig {
  readonly domain: string;
  /** `address:port`, or a name that resolves elsewhere and the address to ask instead. */
  readonly servers: readonly (string | {readonly name: string; readonly at: string})[];
  readonly tsig?: TsigKey | undefined;
  readonly zoneFile?: string | undefined;
  readonly names?: readonly string[] | undefined;
}

/** A zone as its own name servers hold it, at any provider. It has no writer. */
export interface DnsZoneReader {
  /** The target's name in the inventory. */
  readonly name: string;
  readonly domain: string;
  readonly servers: readonly ZoneServer[];
  /** Where `records` come from, as the plan prints it. */
  readonly source: string;
  /** A transfer is the whole zone as its server holds it. The others may lack records, and a file may be old. */
  readonly recordsFrom: 'transfer' | 'file' | 'names';
  /** Every record: transferred, from a file, or the answers for a list of names. */
  records(signal: AbortSignal): Promise<readonly ZoneRecord[]>;
  /** Asks every server at the same time, without recursion. */
  ask(question: Question, signal: AbortSignal): Promise<readonly (Answer | NoAnswer)[]>;
  /** Asks every server which name servers it delegates a domain below its own to. */
  delegations(child: string, signal: AbortSignal): Promise<readonly (Delegation | NoAnswer)[]>;
}

/** A name server: its name in NS records, and the address where it is asked. */
export interface ZoneServer {
  readonly name: string;
  /** `address:port`, or a name. */
  readonly address: string;
}

/** The answer of one server. Its code is NOERROR or NXDOMAIN. */
export interface Answer {
  readonly kind: 'answer';
  readonly server: ZoneServer;
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
}

/** No answer from one server, or another response code, and the reason as text. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly server: ZoneServer;
  readonly reason: string;
  /** The response code, where it answered with one: `NOTIMP`. */
  readonly refusal?: string;
}

/** The name servers of a domain, by one server of its parent zone. */
export interface Delegation {
  readonly kind: 'delegation';
  readonly server: ZoneServer;
  /** In the order of their names; empty where the parent has no such domain. */
  readonly nameServers: readonly DelegatedServer[];
  readonly ttl: number;
}

export interface DelegatedServer {
  readonly name: string;
  /** Its addresses, where the parent has them because the name is below the domain itself. */
  readonly glue: readonly string[];
}
