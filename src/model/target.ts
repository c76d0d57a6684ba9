import type {z} from 'zod';
import type {SharedSystems} from './fleet.ts';
import type {Preflight, SchemaLoad} from './preflight.ts';
import type {Rights} from './rights.ts';
import type {Ping} from './round-trip.ts';

export interface OpenContext {
  /** The target's name in the inventory: it belongs in every message. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Absent where there is no state folder. */
  readonly keeper?: Keeper;
}

/**
 * What a target keeps in the state folder from one command to the next, because reading it again takes long. It may be
 * missing the next time. `what` says of which system it is, and what of it.
 */
export interface Keeper {
  /** What was kept as `what`, at most `maxAgeMs` old; values as of JSON. */
  kept(what: string, maxAgeMs: number): {readonly value: unknown; readonly ageMs: number} | null;
  /** As of the moment at which this process opened its targets. */
  keep(what: string, value: unknown): void;
}

/** A kind of system that steps talk to. Its `Reader` cannot change it; its `Writer` can. */
export interface TargetKind<
  Kind extends string = string,
  Reader = unknown,
  Writer extends Reader = Reader,
> {
  readonly kind: Kind;
  /** The shape of this target's entry in the inventory, references already resolved. */
  readonly config: z.ZodType;
  /** Opens cheaply: it may wait for the first look before it connects. The config was parsed by `config`. */
  open(config: unknown, context: OpenContext): Promise<Session<Reader, Writer>>;
  /** What `switcharoo preflight` looks at on every target of this kind. */
  readonly preflight?: Preflight<Reader>;
  /** What `switcharoo preflight --load-schema` does with an empty system of this kind. */
  readonly schemaLoad?: SchemaLoad;
  /** How far away it is. Absent where no run waits for it. */
  readonly ping?: Ping<Reader>;
  /** What it shares with other units of a fleet. The references of `written` are not resolved. */
  readonly shares?: Shares;
  /** What the account needs, in addition, to keep the claim of a run in the system. */
  readonly claimNeeds?: readonly string[];
  /** What the account needs where an inventory names the target outside its runbook: as its store, or its calendar. */
  readonly inventoryNeeds?: readonly string[];
  /** How far the clock of these systems is ahead of this machine's, in ms; for `doctor`, which has no inventory. */
  readonly clockAheadMs?: (signal: AbortSignal) => Promise<number>;
  /** The way inside for a person at a terminal, where the system has one. */
  enter?(config: unknown, context: EnterContext): Promise<Entrance>;
  /**
   * How its administrator grants `needs`, and which of them the account has. It asks, and changes nothing; a system
   * out of reach is no error.
   */
  rights?(
    config: unknown,
    needs: readonly string[],
    context: OpenContext,
  ): Promise<readonly Rights[]>;
}

/** Reads an entry of the inventory as it was written. */
type Shares = (written: Readonly<Record<string, unknown>>) => SharedSystems;

/** What `switcharoo shell` was asked for. */
export interface EnterContext extends OpenContext {
  /** What to run inside; empty: a shell. */
  readonly command: readonly string[];
  /** Which part of the system, by the kind's own names for its parts. */
  readonly where: Readonly<Record<string, string | undefined>>;
}

/** The program of this machine that leads inside, and where to. */
export interface Entrance {
  readonly program: string;
  readonly args: readonly string[];
  /** What it needs in its environment; a secret belongs here and not into `args`. */
  readonly env: Readonly<Record<string, string>>;
  readonly leadsTo: string;
}

/** Which run owns a system, as the system itself keeps it. */
export interface Claim {
  readonly run: string;
  readonly runbook: string;
  readonly inventory: string;
  readonly user: string;
  readonly host: string;
  readonly sinceUtc: string;
  /** Its state folder on that host. */
  readonly folder: string;
  /** Tells the file of its journal from every copy of it. */
  readonly journal: string;
}

/** One claim, of all that a run ever kept. */
export type ClaimKey = Pick<Claim, 'run' | 'journal'>;

export interface ClaimStatus {
  /** The claim that outlives processes; `null` when there is none. */
  readonly claim: Claim | null;
  /** The session of the process that works on the system now, in the words of the system. */
  readonly holder: string | null;
}

/**
 * How a run claims a system. It holds a lock for as long as its process acts, which ends with the process; and it keeps
 * a claim in the system for as long as changes of the run are in place.
 */
export interface SystemClaim {
  /** The same text for the same system, whatever a target is called and however it is reached. */
  system(signal: AbortSignal): Promise<string>;
  look(signal: AbortSignal): Promise<ClaimStatus>;
  /** Takes the lock; `false` when another process holds it. */
  take(signal: AbortSignal): Promise<boolean>;
  /** Whether this process still holds the lock. It asks the system only when the last answer is old. */
  isHeld(signal: AbortSignal): Promise<boolean>;
  /** Keeps the claim. Call it while holding the lock. `read-only`: the system takes no write now. */
  keep(claim: Claim, signal: AbortSignal): Promise<'kept' | 'read-only'>;
  /** Removes the claim if it is this one. */
  drop(claim: ClaimKey, signal: AbortSignal): Promise<'dropped' | 'read-only'>;
  /** Ends the session that holds the lock, and removes the claim if it is this one. */
  takeOver(claim: ClaimKey, signal: AbortSignal): Promise<'dropped' | 'read-only'>;
  /** Gives the lock back. The claim stays. */
  release(): Promise<void>;
}

/** An open target. The engine hands `reader` to looks and `writer` to the actions alone. */
export interface Session<Reader, Writer extends Reader> {
  readonly reader: Reader;
  readonly writer: Writer;
  /** Absent where the kind of system cannot be claimed. */
  readonly claim?: SystemClaim;
  /** Opens what a write will need. It changes nothing, and costs nothing where it was done a moment ago. */
  prepare?(signal: AbortSignal): Promise<void>;
  /**
   * What the operator should know of the way to it, as far as it was seen until now: credentials that end, a clock that
   * is wrong. It asks the system nothing.
   */
  remarks?(): Promise<readonly string[]>;
  /** Must not throw, and may be called twice. */
  close(): Promise<void>;
}

/** The systems of one run, each opened when it is first used. */
export interface OpenTargets {
  session(target: string): Promise<Session<unknown, unknown>>;
  close(): Promise<void>;
}

export type TargetKinds = Readonly<Record<string, TargetKind<string, any, any>>>;

export type Readers<Targets extends TargetKinds> = {
  readonly [Part in keyof Targets]: Targets[Part] extends TargetKind<string, infer Reader, any>
    ? Reader
    : never;
};

export type Writers<Targets extends TargetKinds> = {
  readonly [Part in keyof Targets]: Targets[Part] extends TargetKind<string, any, infer Writer>
    ? Writer
    : never;
};

/** Declares a kind of system. `config` is a zod schema; secrets arrive in it as plain strings and must stay inside. */
export function defineTarget<
  Kind extends string,
  Reader,
  Writer extends Reader,
  Config extends z.ZodType,
>(definition: {
  readonly kind: Kind;
  readonly config: Config;
  open(config: z.output<Config>, context: OpenContext): Promise<Session<Reader, Writer>>;
  enter?(config: z.output<Config>, context: EnterContext): Promise<Entrance>;
  rights?(
    config: z.output<Config>,
    needs: readonly string[],
    context: OpenContext,
  ): Promise<readonly Rights[]>;
  readonly preflight?: Preflight<Reader>;
  readonly schemaLoad?: SchemaLoad;
  readonly ping?: Ping<NoInfer<Reader>>;
  readonly shares?: Shares;
  readonly claimNeeds?: readonly string[];
  readonly inventoryNeeds?: readonly string[];
  readonly clockAheadMs?: (signal: AbortSignal) => Promise<number>;
}): TargetKind<Kind, Reader, Writer> {
  const {kind, config, enter, preflight, schemaLoad, ping, rights, shares} = definition;
  const {claimNeeds, inventoryNeeds, clockAheadMs} = definition;
  return {
    ...(rights
      ? {
          rights: async (config, needs, context) =>
            rights(config as z.output<Config>, needs, context),
        }
      : {}),
    ...(enter
      ? {enter: async (parsed, context) => enter(parsed as z.output<Config>, context)}
      : {}),
    ...(preflight ? {preflight} : {}),
    ...(schemaLoad ? {schemaLoad} : {}),
    ...(ping ? {ping} : {}),
    ...(shares ? {shares} : {}),
    ...(claimNeeds ? {claimNeeds} : {}),
    ...(inventoryNeeds ? {inventoryNeeds} : {}),
    ...(clockAheadMs ? {clockAheadMs} : {}),
    kind,
    config,
    open: async (parsed, context) => definition.open(parsed as z.output<Config>, context),
  };
}
