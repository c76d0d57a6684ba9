import {runsText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {isOver, keepFolds, progressToShow, recallFolds} from '../../run/past-runs.ts';
import {shownHolder} from '../../run/shown-holder.ts';
import type {App} from '../app.ts';
import {sayEmptyRuns} from '../empty-runs.ts';
import {nextCommands} from '../next-commands.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {statusDocument} from './status.ts';

/** Lists the runs of the state folder. */
export function listRuns(app: App): ExitCode {
  recallFolds(app);
  const read = app.state.runs().map((run) => readRun(app, run));
  const readable = read.flatMap(({progress}) => (progress ? [progress] : [])).reverse();
  const holders = new Map(
    readable.map((progress) => [progress.run.run, shownHolder(app, progress)]),
  );
  if (app.json) {
    const open = readable.filter((progress) => !isOver(progress));
    printDocument(app, 'runs', {
      runs: readable.map((progress) => {
        const commands = nextCommands(app, progress).map(({command}) => command);
        return statusDocument(progress, holders.get(progress.run.run), commands);
      }),
      next: open.map(({run}) => app.paste(`status ${run.run}`)),
    });
  } else {
    app.print(runsText(readable, {...app, holderOf: (run) => holders.get(run)}));
  }
  for (const {problem} of read) {
    if (problem) {
      printProblems(app, [problem], {inPlace: ['not known: the journal is damaged']});
    }
  }
  sayEmptyRuns(app);
  keepFolds(app);
  return exitCodes.done;
}

function readRun(app: App, run: string) {
  try {
    return {progress: progressToShow(app, run)};
  } catch (error) {
    return {problem: damaged(run, (error as Error).message)};
  }
}

const damaged = (run: string, message: string) => ({
  code: 'journal-damaged',
  message,
  hint: {text: 'Check the journal with', command: `log ${run} --verify`},
});
