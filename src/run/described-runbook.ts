import {readsOf} from '../engine/known-values.ts';
import type {AlsoWritten} from '../model/also-written.ts';
import type {ConfirmInput} from '../model/confirm.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Host} from './host.ts';
import {type ReadRequest, readRunbook} from './read-runbook.ts';

interface DescribedRunbook {
  readonly runbook: AnyRunbook;
  /** What each confirmation shows with its question, by its id; only with the parameters of an inventory. */
  readonly shown: ReadonlyMap<string, readonly string[]>;
  readonly alsoWritten: readonly AlsoWritten[];
}

/** What a runbook says of itself. Contacts no system. */
export async function describedRunbook(
  host: Pick<Host, 'state'>,
  request: ReadRequest,
): Promise<DescribedRunbook> {
  const {runbook, params} = await readRunbook(host, request);
  const isReal = request.inventory !== undefined;
  const {alsoWritten = []} = runbook.head;
  const questions = runbook.entries.filter(({unit}) => unit.name === 'operator.confirm');
  const shown = questions.map((entry) => {
    const {input} = readsOf(entry, params, {get: () => undefined});
    return [entry.id, textsIn((input as ConfirmInput | undefined)?.details)] as const;
  });
  return {
    runbook,
    shown: new Map(isReal ? shown : []),
    alsoWritten:
      typeof alsoWritten !== 'function' ? alsoWritten : isReal ? alsoWritten(params) : [],
  };
}

/** An unknown that stands for a text is left out. */
const textsIn = (details: unknown): readonly string[] =>
  Array.isArray(details) ? details.filter((detail) => typeof detail === 'string') : [];
