import type {Problem} from '../../model/problem.ts';
import {
  type KeptCount,
  keptParts,
  keptSentence,
  type RunReport,
  rowsAreEqual,
  rowsSentence,
} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {RunResult} from '../../run/outcome.ts';
import type {App} from '../app.ts';
import {printProblems} from '../print-problems.ts';
import {rowsNotCompared} from './lab-watch.ts';

/** How long the side in charge serves before the writes are counted. */
export const writesAfterMs = 1_500;

/** `isReversed`: as it was asked to, to its start. */
export const endOf = ({kind}: RunResult, isReversed: boolean) =>
  kind === 'done' ? 'done' : kind === 'reversed' && isReversed ? 'reversed' : 'other';

/** A run that is done has failed all the same when clients lost writes, got wrong answers, or nothing was compared. */
export function rehearsalExitCode(
  app: App,
  code: ExitCode,
  report: RunReport,
  violations: readonly Problem[],
): ExitCode {
  const problems = [...violations, ...(code === exitCodes.done ? problemsOfCounts(report) : [])];
  if (problems.length === 0) {
    return code;
  }
  printProblems(app, problems);
  return code === exitCodes.done ? exitCodes.halfWay : code;
}

/** What the counts of a rehearsal show that must not be, or do not show at all. */
const problemsOfCounts = ({writes, rows, kept, lookups}: RunReport): readonly Problem[] => [
  ...keptParts(kept).flatMap(([name, count]) => (count.lost > 0 ? [keptLost(name, count)] : [])),
  ...(lookups && lookups.wrong > 0
    ? [lookupsWrong(lookups.wrong, lookups.right + lookups.wrong)]
    : []),
  ...(writes && (writes.lost > 0 || writes.duplicated > 0)
    ? [writesLost(writes.lost, writes.duplicated, writes.acknowledged)]
    : []),
  ...(rows && !rowsAreEqual(rows)
    ? ['because' in rows ? rowsNotCompared(rows) : rowsDiffer(rowsSentence(rows))]
    : []),
];

const hint =
  'Do not run this runbook on production. The journal of the rehearsal shows what was done when.';

const lookupsWrong = (wrong: number, total: number): Problem => ({
  code: 'lookups-wrong',
  message: `${wrong} of ${total} lookups in the lab got a wrong answer, or none.`,
  hint,
});

const rowsDiffer = (rows: string): Problem => ({
  code: 'rows-differ',
  message: `The rows of the lab's databases differ after the run: ${rows}.`,
  hint,
});

const keptLost = (name: string, count: KeptCount): Problem => ({
  code: 'promises-lost',
  message: `The side in charge lacks ${name} that were acknowledged: ${keptSentence(count)}.`,
  hint,
});

const writesLost = (lost: number, duplicated: number, acknowledged: number): Problem => ({
  code: 'writes-lost',
  message: `${lost} of ${acknowledged} acknowledged writes are lost, and ${duplicated} are duplicated.`,
  hint,
});
