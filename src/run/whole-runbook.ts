import {readsOf} from '../engine/known-values.ts';
import {runbookInvalid} from '../inventory/problems.ts';
import {runbookWith} from '../inventory/runbook-file.ts';
import {refuseAny} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';

/**
 * A loaded runbook with the entries that its parameters make, none of which uses an output that no entry gives.
 *
 * @throws ProblemsError `runbook-invalid`
 */
export function wholeRunbook(
  loaded: Parameters<typeof runbookWith>[0],
  params: unknown,
): AnyRunbook {
  const runbook = runbookWith(loaded, params);
  const ids = runbook.entries.map(({id}) => id);
  const mistakes = runbook.entries.flatMap((entry) => {
    const {outputs, times} = readsOf(entry, params, {get: () => undefined});
    return [...new Set([...outputs, ...times])]
      .filter((id) => !ids.includes(id))
      .map((id) => ({
        what: `the input of ${entry.id} uses ${id}, which is no entry`,
        instead: {of: id, possible: ids},
      }));
  });
  refuseAny(mistakes.map((mistake) => runbookInvalid(loaded.file, mistake)));
  return runbook;
}
