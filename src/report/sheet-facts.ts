import type {Forecast} from '../forecast/forecast.ts';
import type {AlsoWritten} from '../model/also-written.ts';
import type {PersonNeeded} from '../model/person.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {ComparedRun} from './compare.ts';

/** What a preflight has observed, and since when. */
export interface KnownFinding {
  readonly target: string;
  readonly check: string;
  readonly severity: string;
  readonly observed: string;
  readonly sinceUtc: string;
}

export interface SheetFacts {
  readonly runbook: AnyRunbook;
  readonly runbookDigest: string;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  readonly people: ReadonlyMap<string, PersonNeeded>;
  readonly alsoWritten: readonly AlsoWritten[];
  /** Local times, as the inventory has them. */
  readonly window?: {
    readonly from?: string;
    readonly until?: string;
    readonly timeZone: string;
    /** The minute that lies so many ms before its end: `2026-12-05 03:58 Europe/Berlin`. */
    readonly beforeEnd?: (ms: number) => string;
  };
  readonly windowText?: string;
  readonly forecast: Forecast | undefined;
  /** The newest first. */
  readonly rehearsals: readonly (ComparedRun & {readonly isOfThisRunbook: boolean})[];
  /** The last preflight; `null` where none is known. */
  readonly preflight: {readonly atUtc: string; readonly findings: readonly KnownFinding[]} | null;
  /** The last plan that was shown here. */
  readonly plan: {
    readonly digest: string;
    readonly atUtc: string;
    readonly isCurrent: boolean;
  } | null;
  /** As they are pasted where the sheet is made. */
  readonly commands: {readonly plan: string; readonly run: string; readonly reverse: string};
  readonly now: Date;
}

/** A part of the sheet: sentences, and a table. */
export interface SheetPart {
  readonly title: string;
  readonly texts: readonly string[];
  readonly table?: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}
