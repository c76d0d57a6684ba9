import {shifted} from '../../model/moment.ts';
import type {Progress} from '../../model/progress.ts';
import type {RunReport} from '../run-report.ts';

/** When a run will end if each entry takes as long as before, and nobody has to answer. */
export interface ExpectedEnd {
  readonly at: Date;
  /** How many entries are left, with those at work. */
  readonly entries: number;
  /** How long they took then. */
  readonly ms: number;
  /** The run whose durations these are. */
  readonly of: string;
}

/** Nothing where no earlier run is known, or where the run is reversed: a reversal was not measured. */
export function expectedEnd(
  {outcome, questions, entries, lastAt}: Progress,
  report: RunReport,
  earlier: RunReport | undefined,
): ExpectedEnd | undefined {
  if (!earlier || outcome !== 'running' || questions.length > 0) {
    return undefined;
  }
  const left = report.entries.filter(({id}) => !isOver.has(entries.get(id)?.state ?? ''));
  const parts = left.map(({id, durationMs}) => {
    const then = earlier.entries.find((entry) => entry.id === id)?.durationMs ?? 0;
    return {then, leftMs: Math.max(0, then - durationMs)};
  });
  const sum = (of: (part: (typeof parts)[number]) => number) =>
    parts.reduce((ms, part) => ms + of(part), 0);
  return {
    at: shifted(
      lastAt,
      sum(({leftMs}) => leftMs),
    ),
    entries: left.length,
    ms: sum(({then}) => then),
    of: earlier.run,
  };
}

const isOver: ReadonlySet<string> = new Set(['done', 'skipped']);
