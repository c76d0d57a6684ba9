import type {AlsoWritten} from '../model/also-written.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {inYourCode} from '../model/thrown.ts';

/** What a runbook declares to be written beside the database; nothing to say where nothing is called lossless. */
export function alsoWrittenIn(
  {head, entries}: AnyRunbook,
  params: unknown,
): {readonly alsoWritten?: readonly AlsoWritten[]} {
  const {alsoWritten = []} = head;
  const declared: readonly AlsoWritten[] =
    typeof alsoWritten === 'function'
      ? inYourCode(`alsoWritten of ${head.name}`, () => alsoWritten(params))
      : alsoWritten;
  const isAsked = entries.some(({unit}) => unit.kind === 'step' && unit.reversalLoss !== undefined);
  return isAsked || declared.length > 0 ? {alsoWritten: declared} : {};
}
