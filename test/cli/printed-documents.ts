import type {z} from 'zod';
import type {CommandFamily, CommandSpec} from '../../src/cli/command.ts';
import {commandGroups} from '../../src/cli/commands/index.ts';
import {type DocumentName, documents} from '../../src/cli/documents/index.ts';

const commands: readonly (CommandSpec | CommandFamily)[] = Object.values(commandGroups).flat();

/** The lines of a journal, and schemas, are no words of a command: they have no `next`. */
const withoutNext: readonly (DocumentName | undefined)[] = ['journal-entry', 'schema'];

interface Printed {
  readonly words: readonly string[];
  readonly stdout: string;
  /** It ended by itself. */
  readonly isWhole: boolean;
}

/** What `--json` has printed and no schema of its command describes; nothing where all is well. */
export function undescribedIn({words, stdout, isWhole}: Printed): readonly string[] {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  if (!own.includes('--json')) {
    return [];
  }
  const names: readonly DocumentName[] = [...(commandOf(own)?.prints ?? []), 'problems'];
  // What a killed process did not finish is no line.
  const lines = stdout.split('\n').slice(0, -1);
  const wrong = lines.flatMap((line) => wrongIn(line, names));
  const last = lines.at(-1);
  return isWhole && last !== undefined && wrong.length === 0 && lacksNext(last, names)
    ? [`the last line has no "next": ${last.slice(0, 300)}`]
    : wrong;
}

function commandOf(words: readonly string[]): CommandSpec | undefined {
  const [name, sub] = words.filter((word) => !word.startsWith('-'));
  const command = commands.find((each) => each.name === name);
  return command && 'commands' in command
    ? command.commands.find((each) => each.name === sub)
    : command;
}

function wrongIn(line: string, names: readonly DocumentName[]): readonly string[] {
  const value = parsed(line);
  const tried = names.map((name) => ({name, error: documents[name].safeParse(value).error}));
  if (tried.some(({error}) => error === undefined)) {
    return [];
  }
  const reasons = tried.map(({name, error}) => `  no ${name}: ${issuesOf(error)}`);
  return [`no schema of ${names.join(', ')} describes this line:`, line.slice(0, 600), ...reasons];
}

const issuesOf = (error: z.ZodError | undefined): string =>
  (error?.issues ?? []).map(({path, message}) => `${path.join('.')}: ${message}`).join('; ');

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

function lacksNext(line: string, names: readonly DocumentName[]): boolean {
  const value: unknown = JSON.parse(line);
  const name = names.find((each) => documents[each].safeParse(value).success);
  return !withoutNext.includes(name) && !Object.hasOwn(value as object, 'next');
}
