import type {SharedReads} from '../model/step.ts';

/** For the looks of one plan. */
export function sharedReads(signal: AbortSignal): SharedReads {
  const values = new Map<object, unknown>();
  return {
    signal,
    of: <Value>(subject: object, make: () => Value) => {
      const value = values.has(subject) ? (values.get(subject) as Value) : make(); // `make` of this subject gave it
      values.set(subject, value);
      return value;
    },
  };
}
