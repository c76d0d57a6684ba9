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
  readonly window?: {
    /** All of its times, with its freezes and its calendar. */
    readonly text: string;
    /** Whether it is open now, in a sentence. */
    readonly stateText: string;
    /** A calendar may close it earlier. */
    readonly hasCalendar: boolean;
    /** The minute so many ms before it closes: `2026-12-05 03:58 Europe/Berlin (02:58 UTC)`. Absent: it has no end. */
    readonly beforeEnd?: (ms: number) => string;
  };
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
  readonly commands: {
    readonly plan: string;
    readonly run: string;
    readonly runs: string;
    readonly document: string;
    /** With RUN in the place of a run's name. */
    readonly reverse: string;
    /** A rehearsal that is reversed at an entry. */
    readonly rehearseReversal: (entry: string) => string;
  };
  readonly now: Date;
}

/** A command is set apart from the words around it, and a label is bold. */
export type SheetPiece = string | {readonly command: string} | {readonly label: string};

export type SheetText = string | readonly SheetPiece[];

/** A part of the sheet: sentences, and a table. */
export interface SheetPart {
  readonly title: string;
  readonly texts: readonly SheetText[];
  readonly table?: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}
