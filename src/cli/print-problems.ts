import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {appliedTexts, fitChanges, type NextCommand, problemText} from '../report/index.ts';
import type {App} from './app.ts';
import {commandsAfter, ownersCommand} from './next-commands.ts';
import {printDocument} from './print-document.ts';

/** What a person needs beside the problem. */
interface ProblemContext {
  /** Changes in place, in words. */
  readonly inPlace?: readonly string[];
  readonly next?: readonly NextCommand[];
  /** Each outage of the run so far, in words. */
  readonly outages?: readonly string[];
  readonly reversalFailed?: boolean;
}

/** Of the problem above its changes in place, and of the commands below them. */
const otherRows = 15;

/** Prints foreseen problems: for a person in four parts, for a program as one document. */
export function printProblems(
  app: App,
  problems: readonly Problem[],
  {inPlace = [], next = [], outages = [], reversalFailed = false}: ProblemContext = {},
): void {
  if (app.json) {
    const hinted = problems.flatMap(({hint}) =>
      typeof hint === 'string' ? [] : [app.paste(hint.command)],
    );
    const commands = new Set([...next.map(({command}) => command), ...hinted]);
    printDocument(app, 'problems', {problems, applied: inPlace, next: [...commands]});
    return;
  }
  for (const problem of problems) {
    const changes = app.terminal
      ? fitChanges(inPlace, {
          room: (process.stdout.rows || 24) - otherRows - outages.length,
          width: app.width,
        })
      : inPlace;
    app.say(problemText({problem, changesInPlace: changes, next, outages, reversalFailed}, app));
  }
}

/** Prints problems of a run: with its changes in place, and what can be typed next. */
export const printProblemsOf = (
  app: App,
  progress: Progress,
  problems: readonly Problem[],
  about: Pick<ProblemContext, 'outages' | 'reversalFailed'> = {},
): void => {
  const codes = new Set(problems.map(({code}) => code));
  const isCopied = codes.has('run-copied');
  const isClaimed = isCopied || codes.has('systems-claimed');
  printProblems(app, problems, {
    inPlace: isCopied ? [unknownInCopy] : appliedTexts(progress),
    next: isClaimed ? [ownersCommand(app, progress)] : commandsAfter(app, progress, problems),
    ...about,
  });
};

const unknownInCopy = 'unknown: the journal here is a copy, and the run may have gone on since';
