import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createJournal} from '../../src/journal/file-journal.ts';
import {acquireLock, holderOf} from '../../src/journal/lock.ts';
import type {Holder} from '../../src/journal/lock-holder.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {runStarted} from '../model/journal-of.ts';

export interface Asked {
  readonly how: 'begin' | 'resume' | 'overtake';
  readonly folder: string;
  readonly scope: string;
  readonly run: string;
  readonly actions: number;
  readonly atMs: number;
  /** Whom to take it over from: both looked at the same moment. */
  readonly seen?: Holder | undefined;
}

export type Said =
  | {readonly kind: 'ready'}
  | {readonly kind: 'acted'}
  | {readonly kind: 'refused'; readonly code: string; readonly message: string};

export interface Raced {
  readonly kind: string;
  readonly said: readonly Said[];
  /** The processes that wrote to the target, and how often. */
  readonly effects: ReadonlyMap<number, number>;
  readonly journals: readonly string[];
  readonly problems: readonly string[];
}

/** Two processes go for the same thing at the same moment, again and again. Each race has a folder of its own. */
export async function race(races: number, kinds = Object.keys(starts)): Promise<Raced[]> {
  const home = mkdtempSync(join(tmpdir(), 'switcharoo-races-'));
  const actors = [startActor(), startActor()];
  try {
    await Promise.all(actors.map(heard));
    const raced: Raced[] = [];
    for (let number = 0; number < races; number += 1) {
      const kind = kinds[number % kinds.length] ?? '';
      raced.push(await raceOnce(kind, join(home, `${number}`), actors));
    }
    return raced;
  } finally {
    for (const actor of actors) {
      actor.kill('SIGKILL');
    }
    rmSync(home, {recursive: true, force: true});
  }
}

export const scope = 'move@production';
const actions = 3;

/** What is there before a race, and what the two then try. */
const starts: Readonly<Record<string, (folder: string) => readonly Omit<Asked, 'atMs'>[]>> = {
  'two runs of the same runbook and inventory': (folder) =>
    ['20260301-030000-000a', '20260301-030000-000b'].map((run) => ({
      how: 'begin',
      folder,
      scope,
      run,
      actions,
    })),
  'the same run, whose holder died': (folder) => {
    leaveRun(folder, 'dead');
    return twice({how: 'resume', folder, scope, run: leftRun, actions});
  },
  'the same run, taken over by name from another host': (folder) => {
    leaveRun(folder, 'elsewhere');
    return twice({how: 'overtake', folder, scope, run: leftRun, actions, seen: holderIn(folder)});
  },
  'the same run, whose lock was left as garbage': (folder) => {
    leaveRun(folder, 'garbage');
    return twice({how: 'overtake', folder, scope, run: leftRun, actions, seen: holderIn(folder)});
  },
};

async function raceOnce(
  kind: string,
  folder: string,
  actors: readonly ChildProcess[],
): Promise<Raced> {
  mkdirSync(folder);
  const asked = starts[kind]?.(folder) ?? [];
  const answers = actors.map(heard);
  const atMs = Date.now() + 3;
  for (const [index, actor] of actors.entries()) {
    actor.send({...asked[index], atMs});
  }
  const said = await Promise.all(answers);
  const effects = effectsIn(folder);
  const journals = [...new Set(asked.map(({run}) => join(folder, run, 'journal.jsonl')))];
  const problems = [
    ...(effects.size === 1 ? [] : [`${effects.size} processes wrote to the target`]),
    ...([...effects.values()][0] === actions ? [] : ['not every write was made once']),
    ...(said.filter(({kind}) => kind === 'acted').length === 1
      ? []
      : ['not exactly one says that it acted']),
    ...said.flatMap((one) =>
      one.kind === 'refused' && !['lock-held', 'lock-lost', 'lock-unreadable'].includes(one.code)
        ? [one.message]
        : [],
    ),
    ...journals.filter(existsSync).flatMap(unreadableBecause),
  ];
  return {kind, said, effects, journals, problems};
}

const twice = <Value>(value: Value): readonly Value[] => [value, value];

export const leftRun = '20260301-030000-0001';

/** A run that somebody began, who is no more; or is on another machine, which cannot be asked. */
export function leaveRun(folder: string, holder: 'dead' | 'elsewhere' | 'garbage'): void {
  const now = () => new Date();
  const locks = join(folder, 'locks');
  const operator = {user: 'bob', host: 'laptop', pid: process.pid};
  const {lock} = acquireLock({folder: locks, scope, run: leftRun, operator, now});
  const journal = createJournal(join(folder, leftRun, 'journal.jsonl'), {
    now,
    lock,
    redactor: new Redactor(),
  });
  journal.append(runStarted({run: leftRun}));
  journal.close();
  const path = lockIn(folder);
  switch (holder) {
    case 'dead':
      rewriteHolder(path, {startTicks: 1});
      break;
    case 'elsewhere':
      rewriteHolder(path, {machine: 'another', host: 'elsewhere'});
      break;
    case 'garbage':
      writeFileSync(path, '{"token":"half');
  }
}

export const lockIn = (folder: string): string => join(folder, 'locks', `${scope}.lock`);

/** A lock is only data: so another machine, or an earlier process, can be made up. */
export function rewriteHolder(path: string, change: Partial<Holder>): void {
  writeFileSync(path, JSON.stringify({...JSON.parse(readFileSync(path, 'utf8')), ...change}));
}

export const holderIn = (folder: string): Holder | undefined =>
  holderOf(join(folder, 'locks'), scope);

export function effectsIn(folder: string): ReadonlyMap<number, number> {
  const path = join(folder, 'effects');
  const effects = new Map<number, number>();
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []) {
    effects.set(Number(line), (effects.get(Number(line)) ?? 0) + 1);
  }
  return effects;
}

function unreadableBecause(path: string): string[] {
  try {
    readJournal(path);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

export function startActor(): ChildProcess {
  const program = fileURLToPath(new URL('actor.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', '--conditions=switcharoo-source', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** What it says next. It must not end before. */
export function heard(actor: ChildProcess): Promise<Said> {
  return new Promise((resolve, reject) => {
    const onEnd = (code: number | null, signal: string | null) =>
      reject(new Error(`it ended with ${code ?? signal}`));
    actor.once('exit', onEnd);
    actor.once('message', (said: Said) => {
      actor.off('exit', onEnd);
      resolve(said);
    });
  });
}
