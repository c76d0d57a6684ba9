import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {appliedTexts, fitChanges, type NextCommand, problemText} from '../report/index.ts';
import type {App} from './app.ts';
import {nextCommands} from './next-commands.ts';

/** What a person needs beside the problem. */
interface ProblemContext {
  /** Changes in place, in words. */
  readonly inPlace?: readonly string[];
  readonly next?: readonly NextCommand[];
  readonly reversalFailed?: boolean;
}

/** Prints foreseen problems: for a person in four parts, for a program as one document. */
export function printProblems(
  app: App,
  problems: readonly Problem[],
  {inPlace = [], next = [], reversalFailed = false}: ProblemContext = {},
): void {
  if (app.json) {
    const commands = next.map(({command}) => command);
    app.print(JSON.stringify({problems, applied: inPlace, next: commands}));
    return;
  }
  for (const problem of problems) {
    const changes = app.terminal
      ? fitChanges(inPlace, {rows: process.stdout.rows || 24, width: app.width})
      : inPlace;
    app.say(problemText({problem, changesInPlace: changes, next, reversalFailed}, app));
  }
}

/** Prints problems of a run: with its changes in place, and what can be typed next. */
export const printProblemsOf = (
  app: App,
  progress: Progress,
  problems: readonly Problem[],
  {reversalFailed = false}: Pick<ProblemContext, 'reversalFailed'> = {},
): void =>
  printProblems(app, problems, {
    inPlace: appliedTexts(progress),
    next: nextCommands(app, progress),
    reversalFailed,
  });
