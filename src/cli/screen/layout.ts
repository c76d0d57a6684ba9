import type {Paint} from '../../report/paint.ts';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly now: Date;
  readonly paint: Paint;
  /** A person is asked something meanwhile: nothing turns, and nothing counts. */
  readonly asks?: boolean;
}

/** A window of `size` items in which the item at `at` is seen, a third from the top. */
export function windowAround<Item>(
  items: readonly Item[],
  at: number,
  size: number,
): readonly Item[] {
  const start = Math.max(0, Math.min(at - Math.floor(size / 3), items.length - size));
  return items.slice(start, start + size);
}
