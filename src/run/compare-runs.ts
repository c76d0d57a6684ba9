import {changesBetween} from '../engine/digests.ts';
import {readJournal} from '../journal/read-journal.ts';
import {sameJson} from '../model/canonical.ts';
import type {FactOf} from '../model/journal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {type ComparedRun, comparedRun, reportOf} from '../report/index.ts';
import {changedParams, versionsSince} from './changed-inputs.ts';
import {chooseRun} from './choose-run.ts';
import type {Host} from './host.ts';
import {forecastBefore} from './kept-forecast.ts';
import {measuredIn} from './measurements.ts';
import {progressIn, readableProgress} from './past-runs.ts';

type Past = Pick<Host, 'state'>;

/** The names of the last runs like this one: rehearsals if it is a rehearsal. */
function lastRunsLike(host: Past, run: string, count: number): readonly string[] {
  const {rehearsal, runbook} = progressIn(host, run).run;
  const runs = host.state.runs();
  return runs
    .slice(runs.indexOf(run))
    .filter((name) => {
      const other = readableProgress(host, name)?.run;
      return other?.runbook.name === runbook.name && other.rehearsal === rehearsal;
    })
    .slice(0, count);
}

/** This run beside the ones of these names, or beside the last ones like it; the oldest first. */
export function compareRuns(
  host: Past,
  run: string,
  others: number | readonly string[],
): readonly ComparedRun[] {
  const names =
    typeof others === 'number'
      ? lastRunsLike(host, run, others)
      : [...new Set([run, ...others.map((name) => chooseRun(host, name))])];
  const order = host.state.runs();
  const runs = names
    .map((name) => ({name, started: progressIn(host, name).run}))
    .toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
  const [first] = runs;
  const stranger = runs.find(({started}) => started.runbook.name !== first?.started.runbook.name);
  if (stranger && first) {
    throw new SwitcharooError(notAlike(first.started, stranger.started));
  }
  return runs.map(({name, started}, place) => {
    const {entries} = readJournal(host.state.journalOf(name));
    const report = reportOf(entries, {
      ...measuredIn(host.state, name),
      ...forecastBefore(host.state, name),
    });
    const before = runs[place - 1]?.started;
    return comparedRun(report, before ? changesSince(before, started) : []);
  });
}

/** The last runs and rehearsals of this runbook that came to their end, and what changed since the last one. */
export interface EarlierRuns {
  readonly runs: readonly ComparedRun[];
  readonly changes: readonly string[];
}

/** What a run under way is compared with; nothing where its runbook has not come to its end here before. */
export function earlierRuns(host: Past, run: string, count: number): EarlierRuns | undefined {
  const {runbook} = progressIn(host, run).run;
  const names = host.state.runs();
  const done = names.slice(names.indexOf(run) + 1).filter((name) => {
    const other = readableProgress(host, name);
    return other?.run.runbook.name === runbook.name && other.outcome === 'done';
  });
  if (done.length === 0) {
    return undefined;
  }
  const compared = compareRuns(host, run, done.slice(0, count));
  return {runs: compared.slice(0, -1), changes: compared.at(-1)?.changes ?? []};
}

type Started = FactOf<'run-started'>;

/** What is different, in words. */
function changesSince(before: Started, now: Started): readonly string[] {
  const entries = changesBetween(before.runbook.entries, now.runbook.entries);
  const isOtherOrder = entries.length === 0 && before.runbook.digest !== now.runbook.digest;
  const [{inventory: from}, {inventory: to}] = [before, now];
  return [
    ...entries,
    ...(isOtherOrder ? [`the checkpoints or the point of no return (${now.runbook.digest})`] : []),
    ...(from.name !== to.name ? [`inventory ${from.name} is now ${to.name}`] : []),
    // Each lab has addresses of its own, which its inventory and parameters contain.
    ...(!now.rehearsal && from.name === to.name && from.digest !== to.digest
      ? [`inventory ${to.name}`]
      : []),
    ...(now.rehearsal || sameJson(before.params, now.params)
      ? []
      : [`parameters ${changedParams(before.params, now.params).join(', ')}`]),
    ...versionsSince(before.versions, now.versions),
  ];
}

const notAlike = (run: Started, other: Started): Problem => ({
  code: 'runs-not-comparable',
  message: `${run.run} is a run of ${run.runbook.name}, but ${other.run} is a run of ${other.runbook.name}.`,
  hint: {text: 'Compare runs of the same runbook. List them with', command: 'runs'},
});
