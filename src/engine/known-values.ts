import {z} from 'zod';
import type {Entry, Known} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
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
    const details = error instanceof Error ? error.message : String(error);
    return {kind: 'invalid', problem: inputInvalid(entry.id, details)};
  }
}

/** The entries that this one needs: those that it names, and those whose outputs or times its input reads. */
export function needsOf(
  entry: Entry,
  params: unknown,
  progress: Progress | undefined,
  entries: readonly Entry[],
): readonly string[] {
  const reads = readsOf(entry, params, knownOutputs(progress, entries));
  return [...new Set([...entry.after, ...entry.requires, ...reads])];
}

/** As far as the input can be followed: what is not known yet is read as an unknown that stands for anything. */
function readsOf(entry: Entry, params: unknown, given: KnownOutputs): ReadonlySet<string> {
  const reads = new Set<string>();
  const unknown = {output: anything(), doneAt: anything() as Date};
  const reading: KnownOutputs = {
    get: (id) => {
      reads.add(id);
      return given.get(id) ?? unknown;
    },
  };
  const known: Known<unknown, object> = {
    params,
    outputs: lookup(reading, entry, ({output}) => output),
    times: lookup(reading, entry, ({doneAt}) => doneAt),
  };
  try {
    entry.input(known);
  } catch {
    // An unknown could not stand for the value. What was read before that counts.
  }
  return reads;
}

/** Every member of it, and everything that it returns, is the same again. */
function anything(): unknown {
  const value: unknown = new Proxy(() => value, {
    get: (_target, member) => {
      if (member === Symbol.toPrimitive) {
        return () => '';
      }
      return member === Symbol.iterator ? () => [].values() : value;
    },
    apply: () => value,
    construct: () => ({}),
    ownKeys: () => [],
    getOwnPropertyDescriptor: () => undefined,
  });
  return value;
}

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
