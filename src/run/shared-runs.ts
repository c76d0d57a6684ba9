import {createHash} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {writeWhole} from '../journal/install-journal.ts';
import {StateFolder} from '../journal/state-folder.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import type {Host} from './host.ts';
import {openStore} from './open-store.ts';
import {
  journalIncomplete,
  journalTorn,
  linesIn,
  type Part,
  partIn,
  tornPart,
} from './shared-parts.ts';
import {type SharedVerification, verifyShared} from './verify-shared.ts';

/** The runs of a store, as journals on this host that can only be read. */
interface SharedRuns {
  /** For people: `s3://our-cutovers/shop`. */
  readonly place: string;
  readonly state: StateFolder;
  /** Runs that could not be read whole. What was read of them before is shown. */
  readonly damaged: readonly Problem[];
  /** Reads what was added since. An object of a store never changes, so each is read once. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Reads a run again as the store has it, and what was changed there after it was written. */
  verify(run: string, signal: AbortSignal): Promise<SharedVerification>;
  close(): Promise<void>;
}

/** Opens the store of an inventory, or of `s3://bucket/prefix`, and reads what is new there. */
export async function openSharedRuns(
  host: Pick<Host, 'state'>,
  where: string,
  signal: AbortSignal,
): Promise<SharedRuns> {
  const {store, close} = await openStore(host, where, signal);
  const name = createHash('sha256').update(store.place).digest('hex').slice(0, 16);
  const folder = join(host.state.path, 'shared', name);
  let damaged: readonly Problem[] = [];
  const refresh = async (refreshing: AbortSignal) => {
    damaged = await copyNew(store, folder, refreshing);
  };
  try {
    await refresh(signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{place: store.place, state: new StateFolder(folder), refresh, close},
    verify: (run, verifying) => {
      const path = new StateFolder(folder).journalOf(run);
      const text = textAt(path);
      return verifyShared(store, run, verifying, text === '' ? undefined : {path, text});
    },
    get damaged() {
      return damaged;
    },
  };
}

async function copyNew(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  try {
    const keys = await store.keys('', limited);
    const parts = keys.flatMap(partIn);
    const damaged: Problem[] = [];
    for (const run of new Set(parts.map((part) => part.run))) {
      const ofRun = parts.filter((part) => part.run === run);
      const problem = await copyRun(store, {folder, run, parts: ofRun}, limited);
      damaged.push(...(problem ? [problem] : []));
    }
    return damaged;
  } catch (cause) {
    signal.throwIfAborted();
    throw new SwitcharooError(storeUnread(store.place, messageOf(cause)), {cause});
  }
}

async function copyRun(
  store: ObjectStore,
  {
    folder,
    run,
    parts,
  }: {readonly folder: string; readonly run: string; readonly parts: readonly Part[]},
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const path = new StateFolder(folder).journalOf(run);
  const before = textAt(path);
  const count = linesIn(before);
  const added = parts.filter(({seq}) => seq >= count);
  if (added.length === 0) {
    return undefined;
  }
  const texts = await Promise.all(added.map(({key}) => store.read(key, signal)));
  const torn = tornPart(added, texts);
  if (torn) {
    return journalTorn(run, store.place, torn.key);
  }
  const text = `${before}${texts.join('')}`;
  const gap = added.find(({seq}, index) => seq !== count + linesIn(texts.slice(0, index).join('')));
  if (gap) {
    return journalIncomplete(run, store.place, gap.seq);
  }
  writeWhole(path, text);
  return undefined;
}

const textAt = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** The runs of a store, newest first. */
export async function runsIn(store: ObjectStore, signal: AbortSignal): Promise<readonly string[]> {
  const parts = (await store.keys('', signal)).flatMap(partIn);
  return [...new Set(parts.map(({run}) => run))].sort().reverse();
}

const limitMs = 60_000;

const storeUnread = (place: string, why: string): Problem => ({
  code: 'store-unreachable',
  message: `The shared journals in ${place} cannot be read: ${why.replace(/\.$/, '')}.`,
  hint: 'Check the network, the account and its region, then repeat the command.',
});
