import {SwitcharooError} from '../model/problem.ts';

export const usageError = (message: string, hint: string): SwitcharooError =>
  new SwitcharooError({code: 'usage-error', message, hint});

/** Refuses an option beside others that would be ignored silently. `given`: by option, whether it was used. */
export function refuseBeside(
  option: string,
  given: Readonly<Record<string, boolean>>,
  hint: string,
): void {
  const others = Object.keys(given).filter((other) => given[other]);
  if (others.length > 0) {
    throw usageError(`${option} cannot be combined with ${others.join(' or ')}.`, hint);
  }
}
