import {setTimeout as sleep} from 'node:timers/promises';
import type {Lab, LabOptions} from '@switcharoo/lab';
import {unknownEntry} from '../../engine/problems.ts';
import {isCheckpointOrEntry} from '../../engine/run.ts';
import {loadRunbook, onlyRunbook} from '../../inventory/runbook-file.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {AnyRunbook} from '../../model/runbook.ts';
import {
  type KeptCount,
  keptParts,
  keptSentence,
  type RunReport,
  reportHtml,
  rowsAreEqual,
  rowsSentence,
} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openRun, type RunOptions} from '../../run/open-run.ts';
import {asOutcome, type RunResult} from '../../run/outcome.ts';
import type {Run} from '../../run/run.ts';
import type {App} from '../app.ts';
import {printFailure, printReport} from '../print-outcome.ts';
import {printProblems} from '../print-problems.ts';
import {refuseUnwritableReport, writeReport} from '../report-file.ts';
import type {RunScreen} from '../run-screen.ts';
import {listenToSignals, type ProcessSignals} from '../signals.ts';
import {withRun} from '../with-run.ts';
import {type FaultAt, FaultAtEntry} from './fault-at-entry.ts';
import {faultNamed} from './lab-faults.ts';
import {loadLab} from './lab-package.ts';
import {rowsNotCompared, violationsIn} from './lab-watch.ts';
import {measure} from './measure.ts';
import {printObstacles, printPlanOf} from './plan.ts';

interface Rehearsal {
  /** Absent: the only one of this folder, or the most careful one that is shipped. */
  readonly runbook: string | undefined;
  /** Everything is reversed after this entry or checkpoint. */
  readonly reverseAt: string | undefined;
  readonly fault: FaultAt | undefined;
  /** A file for the report. */
  readonly html: string | undefined;
}

interface LabSetup {
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly strategy: LabOptions['strategy'];
  readonly rttMs: number | undefined;
  /** Leaves the lab running. */
  readonly keep: boolean;
}

const withoutRedis =
  'There is no redis-server here (Debian package redis-server): Redis and its queues are left out.';

/** How long the new side accepts writes before everything is reversed. */
const writesBeforeReversalMs = 3_000;
/** How long the side in charge serves before the writes are counted. */
const writesAfterMs = 1_500;

/** Runs a runbook in the lab while clients write all the time. Asks nothing. */
export async function rehearse(
  app: App,
  rehearsal: Rehearsal,
  {clients, slowProcedures, strategy, rttMs, keep}: LabSetup,
): Promise<ExitCode> {
  const {upLab, downLab, beginningFor} = await loadLab();
  const named = rehearsal.runbook ?? onlyRunbook('bare-metal-to-ecs');
  const {runbook} = await loadRunbook(named);
  const fault = await faultIn(rehearsal);
  refuseMistakes(rehearsal, runbook);
  const signals = listenToSignals(app.say);
  const say = (text: string) => (app.json ? undefined : app.say(text));
  say('Starting the lab: MySQL, DNS, ssh, AWS, the application and its clients …');
  const lab = await upLab({
    stateFolder: app.state.path,
    clients,
    slowProcedures,
    strategy,
    rttMs,
    ...beginningFor(runbook.entries.map(({unit}) => unit.name)),
    owner: process.pid,
    signal: signals.stopping,
  });
  if (lab.variables['LAB_REDIS'] === '[]') {
    say(withoutRedis);
  }
  try {
    return await rehearseIn(lab, app, {...rehearsal, runbook: named, fault: fault?.(lab)}, signals);
  } finally {
    if (keep) {
      say(`The lab is still up. Stop it with: ${app.paste('lab down')}`);
    } else {
      await downLab(app.state.path);
    }
    signals.dispose();
  }
}

/** The fault, once there is a lab. An unknown name is refused before. */
async function faultIn({fault}: Rehearsal): Promise<((lab: Lab) => FaultAtEntry) | undefined> {
  if (!fault) {
    return undefined;
  }
  const {labFaults} = await loadLab();
  const name = faultNamed(labFaults, fault.fault);
  return (lab) => new FaultAtEntry(lab, {entry: fault.entry, name, fault: labFaults[name]});
}

/** Before anything is started. Entries that depend on parameters are known only later. */
function refuseMistakes({reverseAt, fault, html}: Rehearsal, runbook: AnyRunbook): void {
  for (const name of [reverseAt, fault?.entry]) {
    if (name !== undefined && !runbook.isOpen) {
      refuseUnknown(name, runbook);
    }
  }
  if (html !== undefined) {
    refuseUnwritableReport(html);
  }
}

function refuseUnknown(name: string, runbook: AnyRunbook): void {
  if (!isCheckpointOrEntry(runbook, name)) {
    throw new SwitcharooError(unknownEntry(name, runbook));
  }
}

interface RehearsalInLab extends Omit<Rehearsal, 'fault'> {
  readonly runbook: string;
  readonly fault: FaultAtEntry | undefined;
}

function rehearseIn(
  lab: Lab,
  app: App,
  {runbook, reverseAt, fault, html}: RehearsalInLab,
  signals: ProcessSignals,
): Promise<ExitCode> {
  const request = {runbook, inventory: 'lab', yes: true, rehearsal: true, until: reverseAt};
  const open = (connection: RunOptions) =>
    openRun({...request, ...(fault?.inRehearsal(connection) ?? connection)}, app);
  return withRun(app, {open, signals, compares: true}, async (run, {screen}) => {
    if (fault) {
      refuseUnknown(fault.entry, run.runbook);
      fault.say = screen.say;
    }
    const plan = await printPlanOf(app, run, true);
    if (printObstacles(app, plan)) {
      return exitCodes.blocked;
    }
    const reached = await run.forward(plan);
    const isReversed = reverseAt !== undefined && reached.kind === 'reached';
    const result = isReversed ? await reverseAll(run, screen, signals.stopping) : reached;
    await fault?.heal();
    await sleep(writesAfterMs, undefined, {signal: signals.stopping}).catch(() => {});
    await screen.close();
    const report = await measure(app, run, lab);
    const violations = [
      ...violationsIn(await lab.watch(), endOf(result, isReversed)),
      ...(fault?.problems() ?? []),
    ];
    printReport(app, report);
    printFailure(app, run, result);
    if (html !== undefined) {
      writeReport(html, reportHtml(report));
    }
    return exitCodeOf(app, run.exitCode(result), report, violations);
  });
}

const endOf = ({kind}: RunResult, isReversed: boolean) =>
  kind === 'done' ? 'done' : kind === 'reversed' && isReversed ? 'reversed' : 'other';

const reverseAll = (
  run: Run,
  {observe}: Pick<RunScreen, 'observe'>,
  stopping: AbortSignal,
): Promise<RunResult> =>
  asOutcome(async () => {
    await sleep(writesBeforeReversalMs, undefined, {signal: stopping}).catch(() => {});
    const plan = await run.planReversal(null);
    observe({kind: 'reverse-planned', plan, losses: await run.reversalLosses()});
    return run.reverse(plan);
  });

/** A run that is done has failed all the same when clients lost writes, got wrong answers, or nothing was compared. */
function exitCodeOf(
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
