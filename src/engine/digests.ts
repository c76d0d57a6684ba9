import {digestOf} from '../model/canonical.ts';
import type {Entry} from '../model/entry.ts';
import type {EntryDigest} from '../model/run-started.ts';
import type {AnyRunbook} from '../model/runbook.ts';

/** What a run remembers of its runbook: enough to see, entry by entry, what changed since. */
export function entryDigests(runbook: AnyRunbook): readonly EntryDigest[] {
  const known = digests.get(runbook);
  if (known) {
    return known;
  }
  const made = runbook.entries.map((entry) => ({
    id: entry.id,
    phase: entry.phase,
    unit: entry.unit.name,
    digest: digestOf(partsOf(entry)),
    ...(entry.freshForMs === undefined ? {} : {freshForMs: entry.freshForMs}),
  }));
  digests.set(runbook, made);
  return made;
}

/** A runbook never changes, and its code is long to read. */
const digests = new WeakMap<AnyRunbook, readonly EntryDigest[]>();

export function runbookDigest(runbook: AnyRunbook): string {
  const places = runbook.items.map((item) =>
    item.kind === 'entry' ? item.id : item.kind === 'checkpoint' ? item.name : item.because,
  );
  return digestOf([runbook.head.name, places, entryDigests(runbook)]);
}

/** The differences between the runbook that a run began with and the one there is now, in words. */
export function changesBetween(
  then: readonly EntryDigest[],
  now: readonly EntryDigest[],
): readonly string[] {
  const before = new Map(then.map((print) => [print.id, print]));
  const after = new Map(now.map((print) => [print.id, print]));
  const removed = then.filter(({id}) => !after.has(id)).map(({id}) => `${id} is gone`);
  const added = now.filter(({id}) => !before.has(id)).map(({id}) => `${id} is new`);
  const changed = now.flatMap((print) => {
    const was = before.get(print.id);
    return was && was.digest !== print.digest ? [changeOf(was, print)] : [];
  });
  const kept = (prints: readonly EntryDigest[], other: ReadonlyMap<string, EntryDigest>) =>
    prints.flatMap(({id}) => (other.has(id) ? [id] : []));
  const moved =
    kept(then, after).join() === kept(now, before).join()
      ? []
      : ['the order of the entries changed'];
  return [...removed, ...added, ...changed, ...moved];
}

function changeOf(was: EntryDigest, is: EntryDigest): string {
  return was.unit === is.unit
    ? `${is.id} changed (its input, its targets or ${is.unit})`
    : `${is.id} was ${was.unit} and is ${is.unit}`;
}

function partsOf(entry: Entry): unknown {
  const {id, phase, group, unit, on, input, after, requires, timeoutMs, neverSkip} = entry;
  const back =
    unit.kind === 'step' ? [unit.reverse, ...(unit.isReversed ? [unit.isReversed] : [])] : [false];
  const code = [input, unit.check, 'plan' in unit && unit.plan, ...back];
  const asked = entry.approval && {...entry.approval, question: entry.summary};
  const bound = {on, after, requires, timeoutMs, neverSkip, asked};
  return {id, phase, group, unit: unit.name, ...bound, code: code.map(String)};
}
