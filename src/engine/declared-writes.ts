import type {AlsoWritten} from '../model/also-written.ts';
import type {AnyRunbook} from '../model/runbook.ts';

/** What a runbook declares to be written beside the database; nothing to say where nothing is called lossless. */
export function alsoWrittenIn(
  {head, entries}: AnyRunbook,
  params: unknown,
): {readonly alsoWritten?: readonly AlsoWritten[]} {
  const declared: readonly AlsoWritten[] =
    typeof head.alsoWritten === 'function' ? head.alsoWritten(params) : (head.alsoWritten ?? []);
  const isAsked = entries.some(({unit}) => unit.kind === 'step' && unit.reversalLoss !== undefined);
  return isAsked || declared.length > 0 ? {alsoWritten: declared} : {};
}
