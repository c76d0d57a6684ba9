import type {ReportProgress} from '../../src/index.ts';
import type {RecordSet} from './records/record-set.ts';
import type {SigningKey} from './registrar/signing-key.ts';

/** A hosted zone, to look at. */
export interface ZoneReader {
  /** The target's name in the inventory. */
  readonly name: string;
  /** The domain, with its trailing dot, and the AWS service that owns the zone, if one does. */
  domain(signal: AbortSignal): Promise<Domain>;
  /** Every set at these names, of all types, exactly as Route 53 lists it. A PENDING change is already in it. */
  setsAt(names: readonly string[], signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** Every set of the zone. Route 53 promises no single moment for it while the zone is being changed. */
  allSets(signal: AbortSignal): Promise<readonly RecordSet[]>;
  /** What is protected against changes. Empty where the account does not know protections, or may not see them. */
  protections(signal: AbortSignal): Promise<readonly Protection[]>;
  /** Whether all name servers have a change. One that Route 53 no longer remembers is long done. */
  isInSync(changeId: string, signal: AbortSignal): Promise<boolean>;
}

export interface ZoneWriter extends ZoneReader {
  /**
   * Sends one batch, once: all of it is made, or nothing. A set that is no longer exactly as in `deletes` refuses it.
   */
  send(batch: Batch, signal: AbortSignal): Promise<Sent>;
}

export interface Domain {
  readonly name: string;
  /** Its delegation set: the name servers that answer from this zone, wherever the parent sends people. */
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

export type Sent =
  | {readonly kind: 'accepted'; readonly changeId: string; readonly inSync: boolean}
  /** Nothing was done; ask again later. */
  | {readonly kind: 'busy'; readonly said: string}
  /** Nothing was done, nor would it be. */
  | {readonly kind: 'refused'; readonly said: string}
  /** The answer was lost: only a look can tell whether it was made. */
  | {readonly kind: 'unanswered'; readonly said: string};

/** A name server as a registrar enters it. */
export interface NameServer {
  readonly name: string;
  /** Its addresses, where its name is below the domain itself. */
  readonly glue: readonly string[];
}

/** What a registrar has entered for a domain. */
export interface Entered {
  readonly nameServers: readonly NameServer[];
  readonly keys: readonly SigningKey[];
  /** Why it takes no changes, if it does not. */
  readonly locked?: string;
}

/** Who tells the parent zone which name servers a domain has. */
export interface RegistrarReader {
  /** The target's name in the inventory. */
  readonly name: string;
  readonly domain: string;
  /** Who makes its changes, in words: `Route 53 Domains`, or `by hand at Gandi`. */
  readonly who: string;
  /** What is entered. `undefined` where only a person can see it: then the parent zone says it. */
  entered(signal: AbortSignal): Promise<Entered | undefined>;
  /** A change of this domain that is under way, in words. */
  underway(signal: AbortSignal): Promise<string | undefined>;
}

/** Each returns once the registrar has it; by hand, once the operator was told what to enter. Safe to ask for twice. */
export interface RegistrarWriter extends RegistrarReader {
  setNameServers(
    wanted: readonly NameServer[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
  /** Exactly these keys, in whatever order. `ds` are the records that follow from them, for who enters those. */
  setKeys(
    wanted: readonly SigningKey[],
    ds: readonly string[],
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void>;
}
