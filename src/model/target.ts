import type {z} from 'zod';
import type {Preflight} from './preflight.ts';
import type {Rights} from './rights.ts';

export interface OpenContext {
  /** The target's name in the inventory: it belongs in every message. */
  readonly name: string;
  readonly signal: AbortSignal;
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

/** An open target. The engine hands `reader` to looks and `writer` to the actions alone. */
export interface Session<Reader, Writer extends Reader> {
  readonly reader: Reader;
  readonly writer: Writer;
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
}): TargetKind<Kind, Reader, Writer> {
  const {kind, config, enter, preflight, rights} = definition;
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
    kind,
    config,
    open: async (parsed, context) => definition.open(parsed as z.output<Config>, context),
  };
}
