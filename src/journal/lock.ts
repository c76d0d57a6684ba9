import {existsSync, readdirSync} from 'node:fs';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {OperatorName} from '../model/run-started.ts';
import type {Lock} from './contract.ts';
import type {Disk} from './disk.ts';
import {
  type Current,
  chainFrom,
  claim,
  currentHolder,
  orUndefined,
  type Place,
  placeOf,
  readHolder,
  unusable,
} from './lock-chain.ts';
import {type Holder, heldBy, holderText, isDead} from './lock-holder.ts';
import {lockGone, lockHolderAlive, lockLost, lockNotHeld, lockUncertain} from './problems.ts';
import {type Machine, thisMachine} from './process-identity.ts';

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
 * Creating the lock and owning it are one step: a file made exclusively. Taking it over is the same step again: a file
 * named after the token that it succeeds, so each holder has exactly one successor: the first that makes this file.
 * The holder is the last of that chain.
 */
export function acquireLock(request: LockRequest): {
  readonly lock: Lock;
  readonly tookOverFrom?: Holder;
} {
  const {machine = thisMachine} = request;
  const place = placeOf(request);
  const mine = holderFor(request, machine);
  makeFolder(place);
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

/**
 * Takes the lock from a holder that is alive or on another host, and only from `seen`. On this host, a live one is
 * ended.
 */
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

/** Returns when the process has ended: until then, a call that it has started may still take effect. */
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

/** Every lock of a folder that somebody holds. */
export function heldLocks(
  folder: string,
): readonly {readonly scope: string; readonly holder: Holder}[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith(lockEnding) && !successorName.test(name))
    .flatMap((name) => {
      const holder = holderOf(folder, name.slice(0, -lockEnding.length));
      return holder ? [{scope: holder.scope, holder}] : [];
    });
}

const lockEnding = '.lock';
const successorName = /\.after-[^.]+\.lock$/;

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
    this.#fd = orUndefined(() => place.disk.openToRead(place.base));
  }

  assertHeld(): void {
    if (!this.#isBaseAsSeen() || this.#place.disk.exists(this.#successor)) {
      throw new SwitcharooError(this.#loss());
    }
  }

  #loss(): Problem {
    const {holder} = currentHolder(this.#place) ?? {};
    if (!holder) {
      return lockGone(this.#place.base);
    }
    return holder.unreadable === undefined
      ? lockLost(this.#mine.scope, holderText(holder))
      : lockUncertain(this.#mine.scope, holder.unreadable);
  }

  /** Called before every line of a journal: the file is read again only when it was replaced or written to. */
  #isBaseAsSeen(): boolean {
    const {disk, base} = this.#place;
    const now = orUndefined(() => disk.stat(base).version);
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
    // The base goes first: without it nobody holds the lock, and the remaining files name tokens that are never used
    // again.
    disk.remove(base);
    for (const {token} of chain) {
      disk.remove(this.#place.after(token));
    }
  }

  /** Once: a second time, the number may belong to another file. */
  #closeBase(): void {
    if (this.#fd !== undefined) {
      this.#place.disk.close(this.#fd);
      this.#fd = undefined;
    }
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

function makeFolder({disk, folder}: Place): void {
  try {
    disk.makeFolder(folder);
  } catch (cause) {
    throw unusable(disk, folder, cause);
  }
}
