import {basename, join} from 'node:path';
import {z} from 'zod';
import {sha256} from '../model/canonical.ts';
import type {OperatorName} from '../model/journal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Lock} from './contract.ts';
import {type Disk, realDisk} from './disk.ts';
import {
  lockGone,
  lockHeld,
  lockHolderAlive,
  lockLost,
  lockNotHeld,
  lockUnreadable,
  stateFolderUnusable,
} from './problems.ts';
import {type Machine, thisMachine} from './process-identity.ts';

const holder = z.object({
  token: z.string(),
  scope: z.string(),
  run: z.string(),
  user: z.string(),
  host: z.string(),
  machine: z.string(),
  bootId: z.string(),
  pid: z.number().int(),
  startTicks: z.number().int().nullable(),
  sinceUtc: z.string(),
});
export type Holder = z.output<typeof holder> & {
  /** The file, when it holds something else than a holder's name: it was damaged, or is not ours. */
  readonly unreadable?: string;
};

export interface LockRequest {
  /** The folder of all locks. */
  readonly folder: string;
  /** What is locked: one runbook with one inventory. */
  readonly scope: string;
  readonly run: string;
  readonly operator: OperatorName;
  readonly now: () => Date;
  readonly disk?: Disk;
  readonly machine?: Machine;
}

/**
 * Creating the lock and owning it are one step: a file made exclusively. Taking it over is the same step once more: a file
 * named after the token it succeeds, so that each holder can be succeeded by exactly one other, whoever comes first.
 * The holder is the last of that chain.
 */
export function acquireLock(request: LockRequest): {
  readonly lock: Lock;
  readonly tookOverFrom?: Holder;
} {
  const {machine = thisMachine} = request;
  const place = placeOf(request);
  const mine = holderFor(request, machine);
  usable(place);
  if (claim(place, place.base, mine)) {
    return {lock: new FileLock(place, mine.token, mine)};
  }
  const current = currentHolder(place);
  if (!current) {
    return acquireLock(request);
  }
  if (!isDead(current.holder, machine)) {
    throw new SwitcharooError(heldBy(current.holder));
  }
  return {lock: succeed(place, current, mine), tookOverFrom: current.holder};
}

/** Takes the lock from a holder that is alive, or on another host; from `seen` and no other. On this host a live one is ended. */
export function overtakeLock(
  request: LockRequest,
  seen?: Holder,
): {
  readonly lock: Lock;
  readonly tookOverFrom: Holder;
} {
  const {machine = thisMachine} = request;
  const place = placeOf(request);
  const current = currentHolder(place);
  if (!current) {
    throw new SwitcharooError(lockNotHeld(request.scope));
  }
  if (seen && seen.token !== current.holder.token) {
    throw new SwitcharooError(heldBy(current.holder));
  }
  const lock = succeed(place, current, holderFor(request, machine));
  if (current.holder.machine === machine.id && !isDead(current.holder, machine)) {
    end(current.holder, machine);
  }
  return {lock, tookOverFrom: current.holder};
}

/** Returns once it is gone: a call that it is in the middle of may still have its effect until then. */
function end(held: Holder, machine: Machine): void {
  try {
    machine.kill(held.pid);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw new SwitcharooError(lockHolderAlive(holderText(held), (cause as Error).message), {
        cause,
      });
    }
  }
  for (let waitedMs = 0; !isDead(held, machine); waitedMs += 5) {
    if (waitedMs >= longestEndMs) {
      throw new SwitcharooError(lockHolderAlive(holderText(held), 'it outlives SIGKILL'));
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** A process that waits for a disk ends only when that answers. */
const longestEndMs = 10_000;

export function holderOf(folder: string, scope: string, disk?: Disk): Holder | undefined {
  return currentHolder(placeOf({folder, scope, ...(disk ? {disk} : {})}))?.holder;
}

/** Whether the holder's process is known to be gone. One on another host is never known to be. */
export function isDead(held: Holder, machine: Machine = thisMachine): boolean {
  if (held.machine !== machine.id) {
    return false;
  }
  const isOther = machine.startTicksOf(held.pid) !== held.startTicks;
  return held.bootId !== machine.boot || (isOther && !machine.isHidden(held.pid));
}

export const holderText = ({
  user,
  host,
  pid,
  unreadable,
}: Pick<Holder, 'user' | 'host' | 'pid' | 'unreadable'>): string =>
  unreadable === undefined
    ? `${user}@${host} (pid ${pid})`
    : `somebody whose name ${unreadable} does not tell`;

/** Where the locks of one scope lie. */
interface Place {
  readonly disk: Disk;
  readonly folder: string;
  readonly base: string;
  /** What whoever comes after the holder of a token must make. */
  after(token: string): string;
}

interface Current {
  readonly holder: Holder;
  readonly baseToken: string;
}

class FileLock implements Lock {
  readonly #place: Place;
  readonly #baseToken: string;
  readonly #mine: Holder;
  readonly #successor: string;
  /** Kept open: as long as it is, no other file can be given its inode. */
  #fd: number | undefined;
  #seen: string | undefined;

  constructor(place: Place, baseToken: string, mine: Holder) {
    this.#place = place;
    this.#baseToken = baseToken;
    this.#mine = mine;
    this.#successor = place.after(mine.token);
    this.#fd = orNothing(() => place.disk.openToRead(place.base));
  }

  assertHeld(): void {
    if (!this.#isBaseAsSeen() || this.#place.disk.exists(this.#successor)) {
      const now = currentHolder(this.#place);
      throw new SwitcharooError(
        now ? lockLost(this.#mine.scope, holderText(now.holder)) : lockGone(this.#place.base),
      );
    }
  }

  /** It is asked before every line of a journal: the file is read again only when it is another one, or was written to. */
  #isBaseAsSeen(): boolean {
    const {disk, base} = this.#place;
    const now = orNothing(() => disk.stat(base).version);
    const isSame = now !== undefined && now === this.#seen;
    if (!isSame && readHolder(disk, base)?.token !== this.#baseToken) {
      return false;
    }
    this.#seen = this.#fd === undefined ? undefined : now;
    return true;
  }

  release(): void {
    const {disk, base} = this.#place;
    try {
      this.assertHeld();
    } catch {
      return;
    } finally {
      this.#closeBase();
    }
    const first = readHolder(disk, base);
    const chain = first ? chainFrom(this.#place, first) : [];
    // The base goes first: without it nobody holds, and what is left names tokens that no one will ever have again.
    disk.remove(base);
    for (const {token} of chain) {
      disk.remove(this.#place.after(token));
    }
  }

  /** Once: the number may be another file's by the second time. */
  #closeBase(): void {
    if (this.#fd !== undefined) {
      this.#place.disk.close(this.#fd);
      this.#fd = undefined;
    }
  }
}

function orNothing<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function succeed(place: Place, current: Current, mine: Holder): Lock {
  if (!claim(place, place.after(current.holder.token), mine)) {
    throw new SwitcharooError(heldBy(currentHolder(place)?.holder ?? current.holder));
  }
  const lock = new FileLock(place, current.baseToken, mine);
  lock.assertHeld();
  return lock;
}

function currentHolder(place: Place): Current | undefined {
  const base = readHolder(place.disk, place.base);
  if (!base) {
    return undefined;
  }
  return {holder: chainFrom(place, base).at(-1) ?? base, baseToken: base.token};
}

/**
 * A holder, and all that came after it. One whose token came before is a copied file, and no successor. Where nothing can
 * be read at all (a folder that was closed to us, say) it ends: whoever comes after somebody unknown is unknown too.
 */
function chainFrom(place: Place, first: Holder): readonly Holder[] {
  const chain = [first];
  const tokens = new Set([first.token]);
  for (let last = first; ; ) {
    const path = place.after(last.token);
    const next = readHolder(place.disk, path);
    if (!next) {
      return chain;
    }
    last = tokens.has(next.token) ? unreadable(path) : next;
    tokens.add(last.token);
    chain.push(last);
    if (last.unreadable !== undefined && !isSurelyThere(place.disk, path)) {
      return chain;
    }
  }
}

const isSurelyThere = (disk: Disk, path: string): boolean =>
  orNothing(() => disk.isNameTaken(path)) === true;

/** Its name is written before it is there under its own: nobody ever sees one that is empty or half-written. */
function claim({disk}: Place, path: string, mine: Holder): boolean {
  const draft = `${path}.${mine.token}.draft`;
  try {
    writeWhole(disk, draft, JSON.stringify(mine));
    disk.link(draft, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw new SwitcharooError(stateFolderUnusable(path, (cause as Error).message), {cause});
  } finally {
    disk.remove(draft);
  }
}

function writeWhole(disk: Disk, path: string, text: string): void {
  const fd = disk.create(path);
  try {
    const bytes = Buffer.from(text);
    const written = disk.write(fd, bytes);
    if (written < bytes.length) {
      // A full disk first takes a part, without an error.
      throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
    }
    disk.sync(fd);
  } finally {
    disk.close(fd);
  }
}

function readHolder(disk: Disk, path: string): Holder | undefined {
  for (let tries = 1; ; tries += 1) {
    try {
      return holderIn(disk, path);
    } catch (cause) {
      const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone && !disk.isNameTaken(path)) {
        return undefined;
      }
      // It may have been made a moment after it was looked for. A link that leads nowhere stays unreadable, and keeps
      // everyone from making the lock.
      if (!isGone || tries === mostTries) {
        return unreadable(path);
      }
    }
  }
}

const mostTries = 20;

const holderIn = (disk: Disk, path: string): Holder =>
  holder.parse(JSON.parse(disk.read(path).toString()));

/** Somebody may hold it whom we cannot name: it is taken over by name only, like a holder on another host. */
const unreadable = (path: string): Holder => ({
  unreadable: path,
  token: `unreadable-${sha256(basename(path)).slice(0, 24)}`,
  scope: path,
  run: 'unknown',
  user: 'unknown',
  host: 'unknown',
  machine: 'unknown',
  bootId: 'unknown',
  pid: 0,
  startTicks: null,
  sinceUtc: 'an unknown time',
});

function holderFor({scope, run, operator, now}: LockRequest, machine: Machine): Holder {
  return {
    token: machine.freshToken(),
    scope,
    run,
    user: operator.user,
    host: operator.host,
    machine: machine.id,
    bootId: machine.boot,
    pid: operator.pid,
    startTicks: machine.startTicksOf(operator.pid),
    sinceUtc: now().toISOString(),
  };
}

/** What is told to whoever comes second. */
export const heldBy = (held: Holder): Problem =>
  held.unreadable === undefined
    ? lockHeld(held.scope, holderText(held), held.sinceUtc, held.run)
    : lockUnreadable(held.unreadable);

function placeOf({
  folder,
  scope,
  disk = realDisk,
}: Pick<LockRequest, 'folder' | 'scope' | 'disk'>): Place {
  const name = join(folder, scope.replaceAll(/[^A-Za-z0-9@._-]/g, '_'));
  return {
    disk,
    folder,
    base: `${name}.lock`,
    after: (token) => `${name}.after-${token}.lock`,
  };
}

function usable({disk, folder}: Place): void {
  try {
    disk.makeFolder(folder);
  } catch (cause) {
    throw new SwitcharooError(stateFolderUnusable(folder, (cause as Error).message), {cause});
  }
}
