import type {Entry} from '../model/entry.ts';
import type {Poll} from '../model/step.ts';

const defaultPoll: Poll = {firstMs: 50, mostMs: 2_000};

/** How many ms to wait before each new check of an entry: ever longer, without end. */
export function* waitsOf({unit}: Entry): Generator<number, never> {
  const {firstMs, mostMs} = unit.poll ?? defaultPoll;
  for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 1.5, mostMs)) {
    yield waitMs;
  }
}
