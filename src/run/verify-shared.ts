import {readChain} from '../journal/chain.ts';
import type {ObjectHistory, ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {
  journalIncomplete,
  journalTorn,
  linesIn,
  type Part,
  partIn,
  tornPart,
} from './shared-parts.ts';

/** What a store has of the journal of a run. */
export interface SharedVerification {
  readonly place: string;
  readonly entries: number;
  readonly head: string;
  readonly objects: number;
  /** Where no versions are kept, an object that was replaced does not show. */
  readonly keepsVersions: boolean;
}

/** What this host read of a run before. */
interface Copy {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the journal of a run again as the store has it, and what was ever written where it is. The store must still
 * have what it had when the copy was read.
 *
 * @throws SwitcharooError `shared-journal-changed`, `shared-journal-damaged`, `shared-journal-incomplete`,
 * `shared-journal-overlap` or `journal-damaged`.
 */
export async function verifyShared(
  store: ObjectStore,
  run: string,
  signal: AbortSignal,
  copy?: Copy,
): Promise<SharedVerification> {
  const histories = await store.safeguards.history(`${run}/`, signal);
  const changed = histories.filter(({versions, deletions}) => versions > 1 || deletions > 0);
  if (changed.length > 0) {
    throw new SwitcharooError(journalChanged(run, store.place, changed));
  }
  const foreign = histories.find(({key}) => partIn(key).length === 0);
  const parts = histories.flatMap(({key}) => partIn(key));
  const texts = await Promise.all(parts.map(({key}) => store.read(key, signal)));
  const torn = foreign ?? tornPart(parts, texts);
  if (torn) {
    throw new SwitcharooError(journalTorn(run, store.place, torn.key));
  }
  refuseMisplaced(run, store.place, parts, texts);
  const text = texts.join('');
  const {entries, head} = readChain(`${store.place}/${run}`, Buffer.from(text));
  if (copy && !text.startsWith(copy.text)) {
    const lines = text.split('\n');
    const seq = copy.text.split('\n').findIndex((line, index) => line !== lines[index]);
    throw new SwitcharooError(journalDiffers(run, store.place, seq, copy.path));
  }
  return {
    ...{place: store.place, entries: entries.length, head, objects: parts.length},
    keepsVersions: histories.every(({isKept}) => isKept),
  };
}

/** Each object begins with the entry after the last one of the object before it. */
function refuseMisplaced(
  run: string,
  place: string,
  parts: readonly Part[],
  texts: readonly (string | null)[],
): void {
  let due = 0;
  for (const [index, {seq}] of parts.entries()) {
    if (seq > due) {
      throw new SwitcharooError(journalIncomplete(run, place, seq));
    }
    if (seq < due) {
      throw new SwitcharooError(journalOverlap(run, place, seq));
    }
    due += linesIn(texts[index] ?? '');
  }
}

const journalChanged = (
  run: string,
  place: string,
  changed: readonly ObjectHistory[],
): Problem => ({
  code: 'shared-journal-changed',
  message: `Objects of the journal of ${run} in ${place} were changed after they were written: ${changed.map(changeText).join('; ')}. Each should have one version and no delete marker.`,
  hint: `The oldest version is what the run wrote. List the versions with "aws s3api list-object-versions" and the prefix ${run}/, compare them with the journal on the host of the run, and look up in AWS CloudTrail who wrote the others. Keep the oldest version as evidence ("aws s3api get-object --version-id"), and continue on the host of the run. Restore nothing in the bucket: that adds a version, and the journal of this run stays marked as changed in any case. Deny deletion and replacement for the next run: "store init" prints the policy.`,
});

const journalDiffers = (run: string, place: string, seq: number, path: string): Problem => ({
  code: 'shared-journal-changed',
  message: `Entry ${seq} of ${run} is missing in ${place}, or differs from what this host read there before: the objects were deleted or replaced since.`,
  hint: `Keep ${path}, the copy from before, as evidence. Compare both with the journal on the host of the run, continue there, and look up in AWS CloudTrail who changed the bucket. Deny deletion and replacement: "store init" prints the policy.`,
});

const changeText = ({key, versions, deletions}: ObjectHistory): string =>
  [
    ...(versions > 1 ? [`${key} has ${versions} versions`] : [key]),
    ...(deletions > 0 ? [`was deleted ${deletions === 1 ? 'once' : `${deletions} times`}`] : []),
  ].join(versions > 1 ? ' and ' : ' ');

const journalOverlap = (run: string, place: string, seq: number): Problem => ({
  code: 'shared-journal-overlap',
  message: `Entry ${seq} of ${run} is in two objects in ${place}: switcharoo never writes that.`,
  hint: 'Compare both objects with the journal on the host of the run, and look up in AWS CloudTrail who wrote the one that differs. Deny everybody else s3:PutObject: "store init" prints the policy.',
});
