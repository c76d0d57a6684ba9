import {
  type Difference,
  done,
  elapsedMs,
  type Look,
  pending,
  type Verdict,
} from '../../../src/index.ts';
import {type ByHand, toDo} from './by-hand.ts';

/** What a check sees of what a person does. */
interface Sight<Before> {
  readonly isDone: boolean;
  readonly before: Before;
  /** What it sees now, in words. */
  readonly is: string;
  /** What is not as it is once the person has done it. */
  readonly differences: readonly Difference[];
}

interface PersonLook extends Pick<Look<never, never>, 'run' | 'now'> {
  readonly input: ByHand & {readonly seenWithinSeconds: number};
}

/**
 * Done once the check sees it. A person's word alone is not enough: after it there is time until the check sees the
 * same, and then the person is asked again.
 */
export function recognised<Before>(
  {input, run: {word}, now}: PersonLook,
  {isDone, before, is, differences}: Sight<Before>,
): Verdict<Before, Record<string, never>> {
  const isFresh = word !== undefined && elapsedMs(word.at, now) < input.seenWithinSeconds * 1_000;
  if (isFresh && isDone !== (word.way === 'forward')) {
    const what = word.way === 'forward' ? 'done' : 'undone';
    const who = word.note === '' ? word.by : `${word.note} (${word.by})`;
    return {kind: 'waiting', progress: `${who} says that it is ${what}, but ${is}`};
  }
  return isDone ? done({}) : pending(before, toDo(input), ...differences);
}
