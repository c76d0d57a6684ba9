import {randomUUID} from 'node:crypto';
import {storeOverwrites} from '../journal/problems.ts';
import type {ObjectStore, StoreSetup} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {StoreCheck, StoreSurvey} from '../model/store-check.ts';
import {messageOf} from '../model/thrown.ts';
import {foreignApprovalKey} from './foreign-approval.ts';
import type {Host} from './host.ts';
import {openLoaded} from './inventory-targets.ts';
import {sharedInventory, storeNotNamed} from './open-store.ts';
import {roundTripKey, storeOf} from './run-store.ts';
import {good, notChecked, setupHint, withoutLock, withoutVersions} from './store-checks.ts';

/** How often two writers race: a store that looks before it writes does not fail each time. */
const races = 8;
const writes = 5;

/** The store of an inventory, or another one than it names. */
interface NamedStore {
  /** A file, a name, or the place of the store alone. */
  readonly inventory: string;
  readonly store?: string | undefined;
}

interface Tried {
  readonly store: ObjectStore;
  /** What the keys of this trial begin with. No run has such a name. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Every key that was written. */
  readonly keys: string[];
}

/** Tries everything that a shared journal relies on. It writes small objects, and removes them where it may. */
export const checkStore = (
  host: Pick<Host, 'state'>,
  named: NamedStore,
  signal: AbortSignal,
): Promise<StoreSurvey> =>
  withStore(host, named, signal, async (store, name) => {
    const tried: Tried = {store, folder: `check/${randomUUID()}/`, signal, keys: []};
    const survey = {store: name, place: store.place};
    let check: StoreCheck['check'] = 'keys';
    try {
      await store.keys(tried.folder, signal);
      check = 'one-writer';
      await raceForKeys(tried);
    } catch (error) {
      signal.throwIfAborted();
      return {...survey, ...(await stoppedBy(tried, check, error))};
    }
    return {...survey, problems: [], ...(await checksOf(tried))};
  });

async function checksOf(
  tried: Tried,
): Promise<Pick<StoreSurvey, 'checks' | 'roundTripMs' | 'left'>> {
  const {store, signal} = tried;
  const {keepsVersions, retention} = store.safeguards;
  const roundTripMs = await measureWrites(tried);
  const checks = [
    good('keys', 'Its keys can be listed.'),
    good('one-writer', `Two writers raced for the same key ${races} times, and one won each time.`),
    await tryPlainWrite(tried),
    await tryForeignApproval(tried),
    await tryPage(tried),
    await tryDeletion(tried),
    await asked('versions', () => keepsVersions(signal), withoutVersions),
    await asked('object-lock', () => retention(signal), withoutLock),
    good('round-trip', `A write takes ${roundTripMs} ms. Each action of a run waits for one.`),
  ];
  return {checks, roundTripMs, left: await left(tried)};
}

/** How an administrator makes the store of an inventory. Asks nothing, and makes nothing. */
export const setupOfStore = (
  host: Pick<Host, 'state'>,
  named: NamedStore,
  signal: AbortSignal,
): Promise<StoreSetup & {readonly store: string; readonly place: string}> =>
  withStore(host, named, signal, async (store, name) => ({
    ...{store: name, place: store.place},
    ...(await store.safeguards.setup()),
  }));

async function withStore<Result>(
  host: Pick<Host, 'state'>,
  {inventory: where, store: named}: NamedStore,
  signal: AbortSignal,
  work: (store: ObjectStore, name: string) => Promise<Result>,
): Promise<Result> {
  const {inventory, opening, open} = await openLoaded(
    host,
    sharedInventory(host, where, {store: named}),
    signal,
  );
  try {
    const store = await storeOf({inventory, openByName: (name) => open.session(name)});
    if (!store || inventory.store === undefined) {
      throw new SwitcharooError(storeNotNamed(inventory.file));
    }
    return opening.redactor.value(await work(store, inventory.store));
  } finally {
    await open.close();
  }
}

/** Both write at once, each its own text. */
async function raceForKeys({store, folder, signal, keys}: Tried): Promise<void> {
  for (let race = 0; race < races; race += 1) {
    const key = `${folder}race-${race}`;
    keys.push(key);
    const ends = await Promise.allSettled(
      ['first\n', 'second\n'].map(async (text) => ({
        text,
        end: await store.add(key, text, signal),
      })),
    );
    const winners = ends.flatMap((end) =>
      end.status === 'fulfilled' && end.value.end === 'added' ? [end.value.text] : [],
    );
    // Of two at once, S3 may tell both to try again. Of an answer that was lost, the object tells.
    if ((await store.read(key, signal)) === null) {
      await store.add(key, 'third\n', signal);
    }
    const text = await store.read(key, signal);
    const again = await store.add(key, 'later\n', signal);
    const after = await store.read(key, signal);
    if (winners.some((winner) => winner !== text) || again === 'added' || after !== text) {
      throw new SwitcharooError(storeOverwrites(store.place));
    }
  }
}

/** The median of a few, over the connection that is open: each of them is new, and kept. */
async function measureWrites({store, folder, signal, keys}: Tried): Promise<number> {
  const times: number[] = [];
  for (let write = 0; write < writes; write += 1) {
    const key = `${folder}write-${write}`;
    keys.push(key);
    const startedMs = performance.now();
    await store.add(key, 'measured\n', signal);
    times.push(performance.now() - startedMs);
  }
  // With it, a plan measures a write that changes nothing.
  await store.add(roundTripKey, 'measured by plans\n', signal);
  return Math.round(times.toSorted((first, second) => first - second)[Math.floor(writes / 2)] ?? 0);
}

async function tryPlainWrite({store, folder, signal, keys}: Tried): Promise<StoreCheck> {
  const key = `${folder}plain`;
  const end = await store.safeguards.overwrite(key, 'plain\n', signal).catch(failure);
  if (end === 'done') {
    keys.push(key);
    return {
      check: 'plain-write',
      result: 'advice',
      observed:
        'This account may write without the condition If-None-Match: it can replace objects.',
      hint: setupHint('Forbid it with the policy of the bucket. Print that policy with'),
    };
  }
  return end === 'denied'
    ? good('plain-write', 'This account may not replace an object.')
    : notChecked('plain-write', end.because);
}

async function tryForeignApproval({store, folder, signal, keys}: Tried): Promise<StoreCheck> {
  const key = foreignApprovalKey(folder);
  const end = await store.add(key, 'tried\n', signal).catch(failure);
  if (typeof end === 'string') {
    keys.push(key);
    return {
      check: 'approvals',
      result: 'advice',
      observed: 'This account may approve a run as somebody else.',
      hint: setupHint('Forbid it with the policy of the bucket. Print that policy with'),
    };
  }
  return end.isDenied
    ? good('approvals', 'This account may not approve a run as somebody else.')
    : notChecked('approvals', end.because);
}

/** A page that nobody shows: its run cannot exist. */
const triedPage = 'live/00000000-000000-0000/state.json';

async function tryPage({store, signal, keys}: Tried): Promise<StoreCheck> {
  const page = {text: '{}\n', type: 'application/json'};
  const end = await store.publish(triedPage, page, signal).catch(failure);
  if (!end) {
    keys.push(triedPage);
    return good('live-page', 'This account may write the live page.');
  }
  return end.isDenied
    ? {
        check: 'live-page',
        result: 'advice',
        observed: 'This account may not write the live page: `live --to-store` fails.',
        hint: setupHint(
          'Allow it with the policies of the bucket and of operators. Print them with',
        ),
      }
    : notChecked('live-page', end.because);
}

async function tryDeletion({store, folder, signal, keys}: Tried): Promise<StoreCheck> {
  const key = `${folder}race-0`;
  const end = await store.safeguards.remove(key, signal).catch(failure);
  if (end === 'denied') {
    return good('deletion', 'This account may not delete an object.');
  }
  if (end !== 'done') {
    return notChecked('deletion', end.because);
  }
  await Promise.all(keys.map((each) => store.safeguards.remove(each, signal)));
  return {
    check: 'deletion',
    result: 'advice',
    observed: 'This account may delete objects: a deleted entry could be written again.',
    hint: setupHint('Forbid it with the policy of the bucket. Print that policy with'),
  };
}

const failure = (error: unknown) => ({
  because: messageOf(error),
  isDenied: error instanceof SwitcharooError && error.problem.code === 'aws-access-denied',
});

async function asked<Answer>(
  check: StoreCheck['check'],
  ask: () => Promise<Answer>,
  checkOf: (answer: Answer) => StoreCheck,
): Promise<StoreCheck> {
  try {
    return checkOf(await ask());
  } catch (error) {
    return notChecked(check, messageOf(error));
  }
}

/** Nothing of a trial stays in a store that no run can use, where it can be removed. */
async function stoppedBy(tried: Tried, check: StoreCheck['check'], error: unknown) {
  const {store, keys, signal} = tried;
  const problem =
    error instanceof SwitcharooError ? error.problem : storeUnusable(store.place, messageOf(error));
  const removed = await Promise.all(
    keys.map((key) => store.safeguards.remove(key, signal).catch(() => 'denied' as const)),
  );
  return {
    checks: [{check, result: 'bad', observed: problem.message} as const],
    problems: [problem],
    roundTripMs: null,
    left: keys.filter((_key, index) => removed[index] === 'denied'),
  };
}

/** What is there still: where nothing may be deleted, all of it. */
const left = async ({store, folder, signal}: Tried): Promise<readonly string[]> => [
  ...(await store.keys(folder, signal)),
  ...(await store.keys(`approvals/${folder}`, signal)),
  ...(await store.keys(triedPage, signal)),
  roundTripKey,
];

const storeUnusable = (place: string, why: string): Problem => ({
  code: 'store-unusable',
  message: `No journal can be shared in ${place}: ${why}.`,
  hint: 'Fix the cause, or use a bucket of Amazon S3 or a store with the same behaviour. Then repeat the command.',
});
