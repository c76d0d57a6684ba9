import {z} from 'zod';
import type {Entry, Known} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {authorsLine, errorInYourCode, messageOf} from '../model/thrown.ts';
import {inputInvalid} from './problems.ts';

/** What an entry that is done has given. */
export interface KnownOutput {
  readonly output: unknown;
  readonly doneAt: Date;
}

/** What each entry has given, as far as that is known. */
export interface KnownOutputs {
  get(id: string): KnownOutput | undefined;
}

export type Input =
  | {readonly kind: 'known'; readonly input: unknown}
  /** It needs what this entry gives, and that is not done yet. */
  | {readonly kind: 'not-yet'; readonly after: string}
  | {readonly kind: 'invalid'; readonly problem: Problem};

/** Runs the input lambda of an entry over what is known so far. */
export function inputOf(entry: Entry, params: unknown, given: KnownOutputs): Input {
  try {
    const known: Known<unknown, object> = {
      params,
      outputs: lookup(given, entry, ({output}) => output),
      times: lookup(given, entry, ({doneAt}) => doneAt),
    };
    const schema: z.ZodType = entry.unit.input;
    const parsed = schema.safeParse(entry.input(known));
    return parsed.success
      ? {kind: 'known', input: parsed.data}
      : {kind: 'invalid', problem: inputInvalid(entry.id, z.prettifyError(parsed.error))};
  } catch (error) {
    if (error instanceof NotYetKnown) {
      return {kind: 'not-yet', after: error.entry};
    }
    const thrown = authorsLine(error);
    const problem = thrown
      ? errorInYourCode(`The input of ${entry.id}`, thrown)
      : inputInvalid(entry.id, `${messageOf(error)}.`);
    return {kind: 'invalid', problem};
  }
}

/** The entries that this one needs: those that it names, and those whose outputs or times its input reads. */
export function needsOf(
  entry: Entry,
  params: unknown,
  progress: Progress | undefined,
  entries: readonly Entry[],
): readonly string[] {
  const {outputs, times} = readsOf(entry, params, knownOutputs(progress, entries));
  return [...new Set([...entry.after, ...entry.requires, ...outputs, ...times])];
}

/** The entries whose outputs and times an input reads, and what it makes of them. */
export interface InputReads {
  readonly outputs: ReadonlySet<string>;
  readonly times: ReadonlySet<string>;
  /** Made of unknowns where something is not known yet; `undefined` where it cannot be made of them. */
  readonly input: unknown;
}

/** As far as the input can be followed: what is not known yet is read as an unknown that stands for anything. */
export function readsOf(entry: Entry, params: unknown, given: KnownOutputs): InputReads {
  const outputs = new Set<string>();
  const times = new Set<string>();
  const unknown = {output: anything, doneAt: anything as Date};
  const reading = (reads: Set<string>): KnownOutputs => ({
    get: (id) => {
      reads.add(id);
      return given.get(id) ?? unknown;
    },
  });
  const known: Known<unknown, object> = {
    params,
    outputs: lookup(reading(outputs), entry, ({output}) => output),
    times: lookup(reading(times), entry, ({doneAt}) => doneAt),
  };
  return {outputs, times, input: inputOrNone(entry, known)};
}

/** An unknown cannot stand for every value. What was read before that counts. */
function inputOrNone(entry: Entry, known: Known<unknown, object>): unknown {
  try {
    return entry.input(known);
  } catch {
    return undefined;
  }
}

/** Every member of it, and everything that it returns, is the same again. */
export const anything: unknown = new Proxy(() => anything, {
  get: (_target, member) => {
    if (member === Symbol.toPrimitive) {
      return () => '';
    }
    return member === Symbol.iterator ? () => [].values() : anything;
  },
  apply: () => anything,
  construct: () => ({}),
  ownKeys: () => [],
  getOwnPropertyDescriptor: () => undefined,
});

/** What the entries that are done have given, from the journal; an output is read only when somebody asks for it. */
export function knownOutputs(
  progress: Progress | undefined,
  entries: readonly Entry[],
): KnownOutputs {
  return {
    get: (id) => {
      const entryProgress = progress?.entries.get(id);
      if (entryProgress?.state !== 'done' || !entryProgress.doneAt) {
        return undefined;
      }
      const schema: z.ZodType | undefined = entries.find((entry) => entry.id === id)?.unit.output;
      return schema && {output: schema.parse(entryProgress.output), doneAt: entryProgress.doneAt};
    },
  };
}

class NotYetKnown extends Error {
  readonly entry: string;

  constructor(entry: string) {
    super(`known after ${entry}`);
    this.entry = entry;
  }
}

/**
 * An object with a member for every entry; reading one that is not known yet tells which. A family's is asked for by
 * name.
 */
function lookup(
  given: KnownOutputs,
  {families = []}: Entry,
  member: (given: KnownOutput) => unknown,
): object {
  const known = (id: string): unknown => {
    const value = given.get(id);
    if (!value) {
      throw new NotYetKnown(id);
    }
    return member(value);
  };
  return new Proxy(
    {},
    {
      get: (_target, id) => {
        if (typeof id === 'symbol') {
          return undefined;
        }
        return families.includes(id) ? (name: string) => known(`${id}:${name}`) : known(id);
      },
    },
  );
}
