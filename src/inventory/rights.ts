import type {Entry} from '../model/entry.ts';
import type {TargetRights} from '../model/rights.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {TargetKind} from '../model/target.ts';
import {configOf, type Opening} from './targets.ts';

/** Each target of a runbook with all that its entries need there, and what its accounts have of it. */
export async function rightsFor(
  runbook: AnyRunbook,
  opening: Omit<Opening, 'kinds'>,
): Promise<readonly TargetRights[]> {
  const {targets: targetNames, signal} = opening;
  const targets = Object.entries<TargetKind>(runbook.head.targets);
  return Promise.all(
    targets.map(async ([target, kind]) => {
      const claims = isClaimed(runbook, target) ? (kind.claimNeeds ?? []) : [];
      const needs = [...new Set([...needsAt(runbook, target), ...claims])];
      const name = targetNames?.[target] ?? target;
      const config = await configOf(name, kind, opening);
      const rights = await kind.rights?.(config, needs, {name, signal});
      return {target, kind: kind.kind, rights: rights ?? inWords(needs)};
    }),
  );
}

/** Each need of a target once, in the order of the entries. */
function needsAt(runbook: AnyRunbook, target: string): readonly string[] {
  const needs = runbook.entries.flatMap(({on, unit}) =>
    Object.keys(on)
      .filter((part) => on[part] === target)
      .flatMap((part): readonly string[] => unit.needs[part] ?? []),
  );
  return [...new Set(needs)];
}

/** Whether a step claims it for its run. */
export const isClaimed = ({entries}: AnyRunbook, target: string): boolean =>
  entries.some(
    ({on, unit}: Entry) =>
      unit.kind !== 'gate' && unit.claims?.some((part: string) => on[part] === target),
  );

const inWords = (needs: readonly string[]) => [
  {account: null, grants: needs.map((text) => ({form: 'words' as const, text})), needs: []},
];
