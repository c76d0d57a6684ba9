import type {Entry} from '../model/entry.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {Action} from '../model/step.ts';
import type {Blocked, Verdict} from '../model/verdict.ts';
import {unitResultInvalid} from './problems.ts';

// The types hold it, but a step may never have been compiled.

/** What a check has returned, if it is a verdict. */
export function verdictFrom(
  {unit}: Entry,
  result: Verdict<unknown, unknown>,
): Verdict<unknown, unknown> {
  if (!verdictKinds.has(result?.kind)) {
    throw new SwitcharooError(
      unitResultInvalid(unit.name, 'check', 'no verdict, such as done({}) or pending({…})'),
    );
  }
  return result;
}

const verdictKinds: ReadonlySet<string | undefined> = new Set<Verdict<unknown, unknown>['kind']>([
  'done',
  'pending',
  'waiting',
  'needs-answer',
  'blocked',
]);

/** What `plan` or `reverse` has returned, if all of it can be performed. */
export function actionsFrom<Result extends readonly Action<any>[] | Blocked>(
  {unit}: Entry,
  name: 'plan' | 'reverse' | 'restore',
  result: Result,
): Result {
  const isRight = Array.isArray(result)
    ? result.every((action) => typeof action?.perform === 'function')
    : name === 'reverse' && (result as Blocked | undefined)?.kind === 'blocked';
  if (!isRight) {
    throw new SwitcharooError(
      unitResultInvalid(unit.name, name, 'no list of actions {on, does, perform}'),
    );
  }
  return result;
}
