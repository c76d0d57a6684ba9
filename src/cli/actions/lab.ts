import type {Lab, LabOptions} from '@switcharoo/lab';
import {SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {loadLab} from './lab-package.ts';
import {labStatusText, writeCountText} from './lab-text.ts';
import {rowsNotCompared, violationsIn} from './lab-watch.ts';

interface LabSetup {
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly strategy: LabOptions['strategy'];
  readonly rttMs: number | undefined;
  readonly emptyAurora: boolean;
}

export async function startLab(app: App, setup: LabSetup): Promise<ExitCode> {
  const {upLab} = await loadLab();
  const {directory, variables} = await upLab({stateFolder: app.state.path, ...setup});
  const next = [
    ...['plan seamless-cutover -i lab', 'run seamless-cutover -i lab'],
    ...['lab status', 'lab down'],
  ].map(app.paste);
  if (app.json) {
    const shown = withoutSecrets(variables);
    printDocument(app, 'lab-up', {directory, variables: shown, next});
  } else {
    const commands = next.map((command) => `  ${command}`);
    app.print([`The lab is running, in ${directory}.`, ...commands].join('\n'));
  }
  return exitCodes.done;
}

/** Reads and writes together. */
function requestFigures(requests: Awaited<ReturnType<Lab['count']>>['clients']['requests']) {
  const {made, failed, p50Ms, p99Ms, slowestMs} = requests;
  return {made, failed, p50Ms, p99Ms, slowestMs};
}

export async function stopLab(app: App): Promise<ExitCode> {
  const {downLab} = await loadLab();
  const was = await downLab(app.state.path);
  if (app.json) {
    printDocument(app, 'lab-down', {was, next: []});
  } else {
    app.print(was ? 'The lab is stopped and removed.' : 'No lab was running.');
  }
  return exitCodes.done;
}

export async function showLab(app: App): Promise<ExitCode> {
  const lab = await runningLab(app);
  const status = await lab.status();
  if (app.json) {
    const next = status.faults.length > 0 ? [app.paste('lab heal')] : [];
    printDocument(app, 'lab-status', {...status, next});
  } else {
    app.print(labStatusText(status));
  }
  return exitCodes.done;
}

/** Compares the writes that were acknowledged to the clients with the database in charge. */
export async function countWrites(app: App): Promise<ExitCode> {
  const lab = await runningLab(app);
  const count = await lab.count();
  const {inCharge, acknowledged, lost, duplicated, rows, outageMs, clients, lookups} = count;
  const document = {
    inCharge,
    writes: {acknowledged, lost, duplicated},
    rows,
    reads: {answered: clients.reads.answered, failed: clients.reads.failed},
    lookups: {right: lookups.right, wrong: lookups.wrong},
    requests: requestFigures(clients.requests),
    outageMs,
    next: [],
  };
  if (app.json) {
    printDocument(app, 'lab-count', document);
  } else {
    app.print(writeCountText(count));
  }
  const problems = [
    ...violationsIn(await lab.watch(), 'other'),
    ...('because' in rows ? [rowsNotCompared(rows)] : []),
  ];
  if (problems.length > 0) {
    printProblems(app, problems);
  }
  const differing = 'because' in rows ? 0 : rows.different;
  const faults = lost + duplicated + differing + problems.length;
  return faults === 0 ? exitCodes.done : exitCodes.halfWay;
}

/** The lab of this state folder. */
export async function runningLab(app: App) {
  const {findLab} = await loadLab();
  const lab = findLab(app.state.path);
  if (!lab) {
    throw new SwitcharooError({
      code: 'lab-not-running',
      message: 'No lab is running.',
      hint: {text: 'Start it with', command: 'lab up'},
    });
  }
  return lab;
}

function withoutSecrets(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !/PASSWORD|SECRET|KEY_ID/.test(name)),
  );
}
