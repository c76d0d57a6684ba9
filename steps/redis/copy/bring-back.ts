import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {expireTogether, sameValue} from '../compare/compare.ts';
import type {Key, NamedKey, RedisReader, RedisWriter} from '../contract.ts';
import {batchesOf, pagesOf, sideBySide} from '../scope/names.ts';
import type {Scope} from '../scope/scope.ts';
import {keyCount} from '../server/key-text.ts';
import {keysStillWritten} from './problems.ts';
import {storedOf} from './send.ts';

interface BringingBack {
  /** The new side, which nobody writes to any more. */
  readonly from: RedisReader;
  /** The old side. */
  readonly to: RedisWriter;
  readonly scope: Scope;
  /** Whether a key that only the old side has was deleted on the new side. */
  readonly deletes: boolean;
  readonly signal: AbortSignal;
  readonly say: ReportProgress;
}

const mostPasses = 4;

/** Makes the old side as the new one is, until a look at all keys finds no difference. */
export async function bringBack(back: BringingBack): Promise<void> {
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    const changed = new Changed();
    await restoreChanged(back, changed);
    if (back.deletes) {
      await removeDeleted(back, changed);
    }
    if (changed.count === 0) {
      return;
    }
    if (pass === mostPasses) {
      throw new SwitcharooError(keysStillWritten(back.from.name, changed.first, changed.count));
    }
  }
}

const mostNamed = 10;

/** How many keys a pass has changed, and the first of them. */
class Changed {
  count = 0;
  readonly first: Key[] = [];

  add(keys: readonly Key[]): void {
    this.count += keys.length;
    this.first.push(...keys.slice(0, mostNamed - this.first.length));
  }
}

async function restoreChanged(
  {from, to, scope, signal, say}: BringingBack,
  changed: Changed,
): Promise<void> {
  let read = 0;
  await sideBySide(batchesOf(from, scope.has, signal), async (keys) => {
    const newer = await storedOf(from, keys, signal);
    const names = newer.map(({key}) => key);
    const [older, nowMs] = await Promise.all([to.stored(names, signal), to.nowMs(signal)]);
    const differing: NamedKey[] = [];
    for (const [index, each] of newer.entries()) {
      const was = older[index];
      const isSame = was
        ? expireTogether(each.expiresAtMs, was.expiresAtMs) &&
          (await sameValue({source: to, target: from}, each.key, [was, each], signal))
        : // By the clock of the old side it has expired already.
          each.expiresAtMs !== null && each.expiresAtMs <= nowMs;
      if (!isSame) {
        differing.push(each);
      }
    }
    await to.restore(differing, signal);
    changed.add(differing.map(({key}) => key));
    read += keys.length;
    say(`${keyCount(read)} of ${from.name} compared, ${keyCount(changed.count)} copied back`);
  });
}

/** Keys that only the old side has: the new side has deleted them, or they have expired there. */
async function removeDeleted(
  {from, to, scope, signal, say}: BringingBack,
  changed: Changed,
): Promise<void> {
  await sideBySide(pagesOf(to, scope.has, signal), async (keys) => {
    const heads = await from.heads(keys, signal);
    const deleted = keys.filter((_key, index) => !heads[index]);
    await to.remove(deleted, signal);
    changed.add(deleted);
    say(`comparing the keys of ${to.name}: ${keyCount(changed.count)} changed`);
  });
}
