import type {z} from 'zod';
import type {AlsoWritten} from './also-written.ts';
import type {Sides} from './effects.ts';
import type {AnyUnit} from './step.ts';
import type {TargetKinds} from './target.ts';

/** What a runbook declares before its first entry. */
export interface RunbookHead<Params extends z.ZodType, Targets extends TargetKinds> {
  /** Kebab-case; with the inventory's name it is what the lock is held for. */
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  readonly targets: Targets;
  /**
   * Nobody can write from the first of `from` (entries or units) until all of `until` are done: the screen's outage
   * clock.
   */
  readonly outage?: {
    readonly from: readonly string[];
    readonly until: readonly string[];
    /**
     * Once one of these has started, the new side may have writes of its own: past the longest outage a person decides.
     * Each of `until` counts too.
     */
    readonly promoted?: readonly string[];
    /** In ms. Past it the engine reverses by itself to before the outage. `--max-outage` replaces it. */
    readonly longestMs?: number;
  };
  /** The two sides of a cutover: `verify` proves that at most one of them accepts writes, for example. */
  readonly sides?: Sides;
  /**
   * What the new side writes beside the database, which a reversal does not carry back: documents, sessions, queues.
   * Each text that calls a reversal lossless names it.
   */
  readonly alsoWritten?:
    | readonly AlsoWritten[]
    | ((params: z.output<Params>) => readonly AlsoWritten[]);
}

/** What a fragment declares before its first entry. */
export interface FragmentHead<
  Params extends z.ZodType,
  Targets extends TargetKinds,
  Earlier extends Readonly<Record<string, AnyUnit>>,
> {
  /** What it reads of the parameters of a runbook that includes it. */
  readonly params: Params;
  /** The targets that it works on, by their names in the runbook. */
  readonly targets: Targets;
  /** Entries of the runbook that it builds on, by their ids: it uses their outputs and times, or comes after them. */
  readonly earlier: Earlier;
}

/** Without an index signature: an empty object of zod has one. */
export type Named<Fields> = {
  [Key in keyof Fields as string extends Key ? never : Key]: Fields[Key];
};
