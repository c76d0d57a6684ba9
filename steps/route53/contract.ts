import type {z} from 'zod';
import type {ReportProgress} from '../../src/index.ts';
import type {RecordSet} from './records/record-set.ts';
import type {registrarConfig} from './registrar/config.ts';
import type {SigningKey} from './registrar/signing-key.ts';
import type {hostedZoneConfig} from './zone/config.ts';

/** A hosted zone's entry in the inventory. */
export type HostedZoneConfig = z.output<typeof hostedZoneConfig>;

/** A registrar's entry in the inventory. */
export type RegistrarConfig = z.output<typeof registrarConfig>;

/** A hosted zone, to look at. */
export interface ZoneReader {
  /** The target's name in the inventory. */
  readonly name: string;
  /** The domain, with its trailing dot, and the AWS service that owns the zone, if a service does. */
  domain(signal: AbortSignal): Promise<ZoneDomain>;
  /** Every set at these names, of all types, exactly as Route 53 lists it. A PENDING change is already in it. */
  setsAt(names: readonly string[], signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** Every set of the zone. While the zone is being changed, its pages may show different moments. */
  allSets(signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** The sets that are protected against changes. Empty where the account has no protections, or may not list them. */
  protections(signal: AbortSignal): Promise<readonly Protection[]>;
  /** Whether all name servers have a change. True for a change that is so old that Route 53 has deleted it. */
  isInSync(changeId: string, signal: AbortSignal): Promise<boolean>;
}

export interface ZoneWriter extends ZoneReader {
  /**
   * Sends a batch, once: Route 53 makes all of it or nothing. It refuses a set that is no longer exactly as in
   * `deletes`.
   */
  send(batch: Batch, signal: AbortSignal): Promise<BatchResult>;
}

export interface ZoneDomain {
  readonly name: string;
  /** Its delegation set: the name servers that serve this zone, whether the parent delegates to them or not. */
  readonly nameServers: readonly string[];
  readonly ownedBy?: string;
}

export interface Protection {
  readonly name: string;
  readonly type: string;
}

export interface Batch {
  readonly deletes: readonly RecordSet[];
  readonly creates: readonly RecordSet[];
}

/** `answer` is the text of AWS, or of the network. */
export type BatchResult =
  | {readonly kind: 'accepted'; readonly changeId: string; readonly inSync: boolean}
  /** Nothing was changed; send it again later. */
  | {readonly kind: 'busy'; readonly answer: string}
  /** Nothing was changed, and sending it again would not help. */
  | {readonly kind: 'refused'; readonly answer: string}
  /** The answer was lost: only a look shows whether it was made. */
  | {readonly kind: 'unanswered'; readonly answer: string};

/** A name server as a registrar enters it. */
export interface NameServer {
  readonly name: string;
  /** Its addresses, where its name is below the domain itself. */
  readonly glue: readonly string[];
}

/** What a registrar has entered for a domain. */
export interface Registration {
  readonly nameServers: readonly NameServer[];
  readonly keys: readonly SigningKey[];
  /** The status that forbids changes, if there is one. */
  readonly locked?: string;
}

/** The registrar of a domain: it gives the parent zone the domain's name servers and keys. */
export interface RegistrarReader {
  /** The target's name in the inventory. */
  readonly name: string;
  readonly domain: string;
  /** Who makes its changes, in words: `Route 53 Domains`, or `by hand at Gandi`. */
  readonly provider: string;
  /** `undefined` where only a person can see it: then the parent zone is asked alone. */
  registration(signal: AbortSignal): Promise<Registration | undefined>;
  /** A change of this domain that is not finished, in words. */
  pendingOperation(signal: AbortSignal): Promise<string | undefined>;
}

/**
 * Each returns once the registrar has the change; by hand, once the operator was told what to enter. Safe to repeat.
 */
export interface RegistrarWriter extends RegistrarReader {
  setNameServers(
    servers: readonly NameServer[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
  /** Exactly these keys, in any order. `ds` are the records that follow from them, for registrars that take those. */
  setKeys(
    keys: readonly SigningKey[],
    ds: readonly string[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
}
