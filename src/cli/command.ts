import type {ExitCode} from '../run/exit-codes.ts';
import type {App} from './app.ts';
import type {DocumentName} from './documents/index.ts';

/** One option as `--help` shows it. Its long name is that of its property: `acceptChanges` is `--accept-changes`. */
export interface OptionSpec<Value = unknown> {
  readonly short?: string;
  /** What its value is, as in `--until <checkpoint>`; an option without one is a switch. */
  readonly placeholder?: string;
  /** A noun phrase or an imperative; a capital first, no full stop. */
  readonly description: string;
  /** Its value where it is given without one. */
  readonly bare?: Value;
  readonly isMandatory?: boolean;
  /** Takes every word up to the next option. */
  readonly isList?: boolean;
  readonly fallback?: Value;
  /** Heading in `--help`. */
  readonly group?: string;
  readonly choices?: readonly string[];
  /** Throws `InvalidValue`. */
  parse?(text: string, previous: Value | undefined): Value;
}

type Options = Readonly<Record<string, OptionSpec>>;

/** The values of declared options. */
type OptionsOf<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends OptionSpec<infer Value> ? Value : never;
};

/** What a command was given. */
interface Call<Declared> {
  readonly app: App;
  /** Its arguments; those that may be left out are `undefined`. */
  readonly args: readonly string[];
  readonly options: OptionsOf<Declared>;
  /** Every command of the program. */
  readonly groups: CommandGroups;
}

export interface CommandSpec<Declared extends Options = Options> {
  readonly name: string;
  /** `<runbook>`, `[run]`, `<command...>`. */
  readonly arguments?: string;
  /** One line for the list of commands; a capital first, no full stop. */
  readonly summary: string;
  /** Sentences for the command's own help, instead of the summary. */
  readonly description?: string;
  readonly options?: Declared;
  /** What `--json` prints, beside `problems`. Of several, the last one is printed at the end. */
  readonly prints?: readonly DocumentName[];
  /** For programs: no person types it. */
  readonly isHidden?: boolean;
  /** What follows `switcharoo`. */
  readonly examples: readonly string[];
  /** Loads what it needs itself: `--help` must not wait for it. */
  run(call: Call<Declared>): Promise<ExitCode>;
}

/** Commands below a word of their own, as `lab up`. */
export interface CommandFamily {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
}

/** Every command, by its heading in `--help`. */
export type CommandGroups = Readonly<Record<string, readonly (CommandSpec | CommandFamily)[]>>;

/** Checks that a command's `run` takes the options that it declares. */
export const defineCommand = <const Declared extends Options = Record<never, never>>(
  spec: CommandSpec<Declared>,
): CommandSpec =>
  // The program gives each command the values of its own options.
  spec as unknown as CommandSpec;

/** The value of an option is not of the expected form. */
export class InvalidValue extends Error {}

type Described = Pick<OptionSpec, 'description' | 'group' | 'short'>;
type Valued = Described & {readonly placeholder: string};

/** A switch: off unless it is given. */
export const flag = (spec: Described): OptionSpec<boolean> => ({...spec, fallback: false});

export const optional = (spec: Valued): OptionSpec<string | undefined> => spec;

/** An option that means something without a value, too. */
export const optionalValue = (bare: string, spec: Valued): OptionSpec<string | undefined> => ({
  ...spec,
  bare,
});

export const mandatory = (spec: Valued): OptionSpec<string> => ({...spec, isMandatory: true});

export const oneOf = <const Choice extends string>(
  choices: readonly Choice[],
  spec: Valued,
): OptionSpec<Choice | undefined> => ({...spec, choices});

/** An optional value that is read by `parse`. */
export const parsed = <Value>(
  parse: (text: string) => Value,
  spec: Valued,
): OptionSpec<Value | undefined> => ({...spec, parse});

/** One value or more, each read by `parse`. */
export const list = <Value>(
  parse: (text: string) => Value,
  spec: Valued,
): OptionSpec<readonly Value[]> => ({
  ...spec,
  isMandatory: true,
  isList: true,
  parse: (text, previous = []) => [...previous, parse(text)],
});
