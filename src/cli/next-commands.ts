import {inventoryWord, runbookWord} from '../inventory/names.ts';
import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {takeOverWords} from '../model/take-over-words.ts';
import type {NextCommand} from '../report/index.ts';
import {isOver, mayReverse, workerOn} from '../run/past-runs.ts';
import type {App} from './app.ts';

/** What can be typed next for a run: beside another process that works on it, or when none does. */
export function nextCommands(app: App, progress: Progress): readonly NextCommand[] {
  if (app.shared) {
    return nextOfShared(app, progress, app.shared.where);
  }
  if (progress.handedOverTo !== undefined) {
    const where = shellWord(inventoryWord(progress.run.inventory.file));
    const command = app.paste(takeOverWords(progress.run, where));
    return [{command, what: 'take it back, if nobody has taken it over'}];
  }
  const worker = workerOn(app, progress);
  // This process still holds the lock when it prints how its run ended.
  const isThisProcess = worker?.pid === app.operator.pid && worker.host === app.operator.host;
  return worker && !isThisProcess
    ? nextBesideWorker(app, progress)
    : nextWithoutWorker(app, progress);
}

/** What could be typed at an earlier moment of a run: its process worked on it as long as it had not come to rest. */
export const commandsAt = (app: App, progress: Progress): readonly NextCommand[] =>
  progress.outcome === 'running' || progress.outcome === 'reversing'
    ? nextBesideWorker(app, progress)
    : nextWithoutWorker(app, progress);

/** Of a run of another host. */
function nextOfShared(app: App, progress: Progress, where: string): readonly NextCommand[] {
  const {run} = progress.run;
  const store = shellWord(where);
  const report = {
    command: app.paste(`report ${run} --shared ${store}`),
    what: 'print the timeline',
  };
  const inventory = where.startsWith('s3://') ? 'INVENTORY' : store;
  const takeOver = {
    command: app.paste(takeOverWords(progress.run, inventory)),
    what: 'take the run over from that host',
  };
  return isOver(progress) && !mayReverse(progress) ? [report] : [report, takeOver];
}

function nextWithoutWorker(app: App, progress: Progress): readonly NextCommand[] {
  const {run, outcome, notBefore} = progress;
  if (notBefore) {
    const command = app.paste(takeOverWords(run));
    return [{command, what: 'finish the take-over'}];
  }
  const resume = {command: app.paste(`resume ${run.run}`), what: 'continue the run'};
  const reverse = {command: app.paste(`reverse ${run.run}`), what: 'plan a reversal, and reverse'};
  const again = {
    command: app.paste(
      `run ${shellWord(runbookWord(run.runbook.file))} -i ${shellWord(inventoryWord(run.inventory.file))}`,
    ),
    what: 'start a new run, with the --param options of this one',
  };
  const report = {command: app.paste(`report ${run.run}`), what: 'print the timeline'};
  const canReverse = mayReverse(progress);
  if (app.keepsLab !== undefined && !isOver(progress)) {
    const kept = {command: app.paste(app.keepsLab), what: 'do it again, and leave the lab running'};
    return [report, kept];
  }
  switch (outcome) {
    case 'done':
      return canReverse ? [report, reverse] : [report];
    case 'reversed':
      // A deployment or a task has a command of its own.
      return progress.checkpoints.length > 0
        ? [resume, reverse]
        : run.rehearsal || run.targets
          ? [report]
          : [report, again];
    case 'reversing':
    case 'reverse-failed':
      return [{...resume, what: 'continue the reversal'}];
    default:
      return canReverse ? [resume, reverse] : [resume];
  }
}

const logCommand = (app: App, {run}: Progress): NextCommand => ({
  command: app.paste(`log ${run.run}`),
  what: 'print what it has done so far',
});

/** What can be typed next after a problem of a run. */
export function commandsAfter(
  app: App,
  progress: Progress,
  problems: readonly Problem[],
): readonly NextCommand[] {
  // Somebody else has the run: nothing here may continue it.
  const isLost = problems.some(({code}) => lostCodes.has(code));
  return isLost ? [logCommand(app, progress)] : nextCommands(app, progress);
}

const lostCodes = new Set(['lock-lost', 'run-continued-elsewhere']);

const nextBesideWorker = (app: App, progress: Progress): readonly NextCommand[] => [
  logCommand(app, progress),
  {
    command: app.paste(`unlock ${progress.run.run}`),
    what: 'end that process and take the run over, if nobody can reach it',
  },
];

/** Instead of them where another run owns the systems: to resume or to reverse would be refused. */
export const ownersCommand = (app: App, {run}: Progress): NextCommand => ({
  command: app.paste(`status -i ${shellWord(inventoryWord(run.inventory.file))}`),
  what: 'show which run owns each system',
});
