import {ChangedError, type Problem, problemsIn, SwitcharooError} from '../model/problem.ts';
import {visible} from '../report/text.ts';
import {type ExitCode, exitCodeOf, exitCodes} from '../run/exit-codes.ts';
import type {GlobalOptions} from './app.ts';
import {CommanderError} from './commander.ts';
import type {DocumentOf} from './documents/index.ts';
import {programWith} from './program.ts';
import {outliveTerminal} from './screen/broken-terminal.ts';
import {waitingLine} from './waiting-line.ts';

/** Runs the command that the arguments name. Never throws, and never ends the process by itself. */
export async function main(args: readonly string[]): Promise<number> {
  outliveTerminal();
  let code: number = exitCodes.done;
  const program = programWith((exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync([...args], {from: 'user'});
    return code;
  } catch (error) {
    const {stateDir} = program.opts<{stateDir: string}>();
    return reportError(error, {json: args.includes('--json'), stateDir});
  }
}

async function reportError(error: unknown, options: GlobalOptions): Promise<ExitCode> {
  if (error instanceof CommanderError) {
    return reportUsage(error, options.json);
  }
  if (error instanceof SwitcharooError) {
    const inPlace =
      error instanceof ChangedError ? error.inPlace : 'this command has changed nothing';
    return reportProblems(problemsIn(error), options, inPlace);
  }
  const {problemOfThrown} = await import('../model/thrown.ts');
  const problem = problemOfThrown('This command', error);
  if (problem?.code === 'error-in-your-code') {
    const {openApp} = await import('./app.ts');
    const status = openApp(options).paste('status');
    return reportProblems([problem], options, `the journal has them: ${status}`);
  }
  return reportBug(error, options);
}

async function reportProblems(
  problems: readonly Problem[],
  options: GlobalOptions,
  inPlace: string,
): Promise<ExitCode> {
  const [{openApp}, {printProblems}] = await Promise.all([
    import('./app.ts'),
    import('./print-problems.ts'),
  ]);
  printProblems(openApp(options), problems, {inPlace: [inPlace]});
  return exitCodeOf(problems[0]?.code ?? '');
}

async function reportBug(error: unknown, options: GlobalOptions): Promise<ExitCode> {
  const {openApp} = await import('./app.ts');
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  waitingLine.clear();
  const status = openApp(options).paste('status');
  const text = visible(stack.replaceAll(/[^\n\P{Cc}]/gu, ''));
  process.stderr.write(
    `This is an error in switcharoo, not in your runbook.\n${text}\nThe journal has the changes in place: ${status}\n`,
  );
  printAsJson(options.json, {
    code: 'internal-error',
    message: text,
    hint: {
      text: 'This is a bug in switcharoo, not in your runbook. Show the changes in place with',
      command: 'status',
    },
    next: [status],
  });
  return exitCodes.internalError;
}

/** Commander has printed the help, the version, or what is wrong with the arguments. */
function reportUsage(error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) {
    return exitCodes.done;
  }
  printAsJson(json, {
    code: 'usage-error',
    message: error.message.replace(/^error: /, ''),
    hint: 'Add --help after the command to see its arguments.',
    next: [],
  });
  return exitCodes.usage;
}

/** For a program that reads stdout: every other outcome is printed there too. */
function printAsJson(
  json: boolean,
  {next, ...problem}: Problem & {readonly next: readonly string[]},
): void {
  if (json) {
    const document: DocumentOf<'problems'> = {problems: [problem], applied: [], next};
    process.stdout.write(`${visible(JSON.stringify(document))}\n`);
  }
}
