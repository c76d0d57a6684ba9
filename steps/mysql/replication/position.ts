import {z} from 'zod';
import type {Position} from '../contract.ts';

/** A `Position` as inputs, outputs and before-images have it. */
export const positionSchema = z.object({file: z.string(), position: z.coerce.number().int()});

export const positionText = ({file, position}: Position): string => `${file}:${position}`;

/** Reads what `positionText` wrote; `null` where that was something else. */
export function positionIn(text: string): Position | null {
  const colon = text.lastIndexOf(':');
  const position = Number(text.slice(colon + 1));
  return colon > 0 && position > 0 ? {file: text.slice(0, colon), position} : null;
}

/**
 * Below zero when `a` comes before `b`, zero when they are equal. `null` when the files have different base
 * names: then they are positions in the logs of two servers, and no order exists.
 */
export function comparePositions(a: Position, b: Position): number | null {
  const [left, right] = [partsOf(a.file), partsOf(b.file)];
  if (left.base !== right.base) {
    return null;
  }
  return left.number - right.number || a.position - b.position;
}

export const samePosition = (a: Position, b: Position): boolean => comparePositions(a, b) === 0;

/** Whether `at` is `goal` or later in the same log. */
export function hasReached(at: Position, goal: Position): boolean {
  const order = comparePositions(at, goal);
  return order !== null && order >= 0;
}

/** How far `at` is before `goal`, in words. Sizes are known inside one file only. */
export function distanceText(at: Position, goal: Position): string {
  const files = partsOf(goal.file).number - partsOf(at.file).number;
  return files === 0
    ? `${Math.max(0, goal.position - at.position)} bytes`
    : `${files} ${files === 1 ? 'file' : 'files'}`;
}

// The number has six digits until 999999 and more after it, so it is compared as a number (MySQL 5.6 manual 5.2.4).
function partsOf(file: string): {readonly base: string; readonly number: number} {
  const dot = file.lastIndexOf('.');
  return {base: file.slice(0, dot), number: Number(file.slice(dot + 1))};
}
