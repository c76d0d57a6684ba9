import {setTimeout as sleep} from 'node:timers/promises';
import type {Lab} from '@switcharoo/lab';
import {unknownEntry} from '../../engine/problems.ts';
import {isCheckpointOrEntry} from '../../engine/run.ts';
import {loadRunbook, onlyRunbook} from '../../inventory/runbook-file.ts';
import {shellWord} from '../../model/hint.ts';
import {SwitcharooError} from '../../model/problem.ts';
import type {AnyRunbook} from '../../model/runbook.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openRun, type RunOptions} from '../../run/open-run.ts';
import {asOutcome, type RunResult} from '../../run/outcome.ts';
import type {Run} from '../../run/run.ts';
import type {App} from '../app.ts';
import {printFailure, printReport} from '../print-outcome.ts';
import {refuseUnwritableReport, writeReport} from '../report-file.ts';
import {pageOfRun} from '../run-page.ts';
import type {RunScreen} from '../run-screen.ts';
import type {ProcessSignals} from '../signals.ts';
import {withRun} from '../with-run.ts';
import {type FaultAt, FaultAtEntry} from './fault-at-entry.ts';
import {faultNamed} from './lab-faults.ts';
import {loadLab} from './lab-package.ts';
import {violationsIn} from './lab-watch.ts';
import {measure} from './measure.ts';
import {printObstacles, printPlanOf} from './plan.ts';
import {endOf, rehearsalExitCode, writesAfterMs} from './rehearsal-end.ts';
import {appInLab, inLab, type LabSetup, wordsOfLab} from './rehearsal-lab.ts';

interface Rehearsal {
  /** Absent: the only one of this folder, or the most careful one that is shipped. */
  readonly runbook: string | undefined;
  /** Everything is reversed after this entry or checkpoint. */
  readonly reverseAt: string | undefined;
  readonly fault: FaultAt | undefined;
  /** The journal is shared in the lab's own store. */
  readonly store: boolean;
  /** A file for the report. */
  readonly html: string | undefined;
}

/** The target of the lab's inventory in which a rehearsal shares its journal. */
const storeOfLab = 'journals';

/** How long the new side accepts writes before everything is reversed. */
const writesBeforeReversalMs = 3_000;

/** Runs a runbook in the lab while clients write all the time. Asks nothing. */
export async function rehearse(app: App, rehearsal: Rehearsal, setup: LabSetup): Promise<ExitCode> {
  const named = rehearsal.runbook ?? onlyRunbook('bare-metal-to-ecs');
  const {runbook} = await loadRunbook(named);
  const fault = await faultIn(rehearsal);
  refuseMistakes(rehearsal, runbook);
  const command = `rehearse ${shellWord(named)}${wordsOf(rehearsal)}${wordsOfLab(setup)}`;
  const inside = appInLab(app, setup, command);
  return inLab(app, runbook, setup, (lab, signals) =>
    rehearseIn(lab, inside, {...rehearsal, runbook: named, fault: fault?.(lab)}, signals),
  );
}

const wordsOf = ({reverseAt, fault, store}: Rehearsal): string =>
  [
    store ? ' --store' : '',
    reverseAt === undefined ? '' : ` --reverse-at ${shellWord(reverseAt)}`,
    fault === undefined ? '' : ` --fault ${shellWord(`${fault.entry}=${fault.fault}`)}`,
  ].join('');

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
  {runbook, reverseAt, fault, store, html}: RehearsalInLab,
  signals: ProcessSignals,
): Promise<ExitCode> {
  const shared = store ? {store: storeOfLab} : {};
  const request = {
    runbook,
    inventory: 'lab',
    yes: true,
    rehearsal: true,
    until: reverseAt,
    ...shared,
  };
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
    printReport(app, run, report);
    printFailure(app, run, result);
    if (html !== undefined) {
      writeReport(html, await pageOfRun(app, report));
    }
    return rehearsalExitCode(app, run.exitCode(result), report, violations);
  });
}

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
