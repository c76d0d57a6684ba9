import {effectsOf} from '../engine/declared-effects.ts';
import {runbookDigest} from '../engine/digests.ts';
import {readsOf} from '../engine/known-values.ts';
import type {Forecast} from '../forecast/forecast.ts';
import type {PastRun} from '../forecast/samples.ts';
import {type Inventory, type LabVariables, loadInventory} from '../inventory/inventory.ts';
import {loadRunbook} from '../inventory/runbook-file.ts';
import {paramsFor} from '../inventory/targets.ts';
import type {Entry} from '../model/entry.ts';
import {
  type Fleet,
  type PlacedUnit,
  type SharedResource,
  type SharedSystems,
  unitsOf,
} from '../model/fleet.ts';
import {type Problem, problemsIn, refuseAny} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {TargetKinds} from '../model/target.ts';
import {forecasterFrom, pastRuns} from '../run/forecasts.ts';
import type {Host} from '../run/host.ts';
import {wholeRunbook} from '../run/whole-runbook.ts';
import {fleetUnitInvalid} from './problems.ts';

/** A unit with all that its runbook and its inventory say of it. */
export interface DescribedUnit extends PlacedUnit {
  /** With the entries that its parameters make. */
  readonly whole: AnyRunbook;
  readonly runbookName: string;
  readonly runbookDigest: string;
  readonly inventoryName: string;
  readonly inventoryDigest: string;
  readonly isProtected: boolean;
  readonly isLab: boolean;
  readonly window?: Inventory['window'] | undefined;
  /** The systems that it shares with others, and may use only so many at once. */
  readonly shared: Readonly<Partial<Record<SharedResource, readonly string[]>>>;
  /** Database servers that it freezes: no other unit may work on them. */
  readonly freezes: readonly string[];
  /** Services that it changes. */
  readonly services: readonly string[];
  readonly route53RequestsPerSecond: number;
  /** `undefined`: no earlier run shows enough of it. */
  readonly forecast: Forecast | undefined;
}

/**
 * Reads the runbook and the inventory of each unit, in the order of `unitsOf`. Contacts no system.
 * `nextLab`: no lab is up, and units in the lab are only planned.
 *
 * @throws ProblemsError `fleet-unit-invalid`, with everything that is wrong in any unit
 */
export async function describedUnits(
  host: Pick<Host, 'state'>,
  fleet: Fleet,
  nextLab?: LabVariables,
): Promise<readonly DescribedUnit[]> {
  const past = new Map<string, readonly PastRun[]>();
  const earlier = (runbook: AnyRunbook): readonly PastRun[] => {
    const runs = past.get(runbook.head.name) ?? pastRuns(host, {runbook});
    past.set(runbook.head.name, runs);
    return runs;
  };
  const loaded = new Map<string, ReturnType<typeof loadRunbook>>();
  const load = (file: string): ReturnType<typeof loadRunbook> => {
    const runbook = loaded.get(file) ?? loadRunbook(file);
    loaded.set(file, runbook);
    return runbook;
  };
  const problems: Problem[] = [];
  const units: DescribedUnit[] = [];
  for (const unit of unitsOf(fleet)) {
    try {
      const inventory = loadInventory(unit.inventory, host.state.path, nextLab);
      const file = await load(unit.runbook);
      const params = paramsFor(file.runbook, inventory, unit.params);
      const runbook = wholeRunbook(file, params);
      units.push(described(unit, {runbook, inventory, params, past: earlier(runbook)}));
    } catch (error) {
      problems.push(...problemsIn(error).map((problem) => fleetUnitInvalid(unit.id, problem)));
    }
  }
  refuseAny(problems);
  return units;
}

interface Read {
  readonly runbook: AnyRunbook;
  readonly inventory: Inventory;
  readonly params: unknown;
  readonly past: readonly PastRun[];
}

function described(unit: PlacedUnit, {runbook, inventory, params, past}: Read): DescribedUnit {
  const {head} = runbook;
  const entries: readonly Entry[] = runbook.entries;
  const systems = new Map<string, SharedSystems>(
    Object.entries(head.targets as TargetKinds).map(([target, kind]) => {
      const written = inventory.targets[unit.targets?.[target] ?? target] ?? {};
      return [target, kind.shares?.(written) ?? {}];
    }),
  );
  const all = [...systems.values()];
  const textsOf = (resource: SharedResource): readonly string[] =>
    distinct(all.map((shared) => (resource === 'team' ? unit.team : shared[resource])));
  const changed = entries.flatMap((entry) =>
    entry.unit.kind === 'gate' ? [] : Object.values(entry.on),
  );
  const frozen = entries.flatMap((entry) => {
    const {input} = readsOf(entry, params, {get: () => undefined});
    return effectsOf(entry, input).flatMap((fact) =>
      fact.fact === 'writes' && fact.are === 'refused' ? [fact.of] : [],
    );
  });
  const about = {runbook, inventory: inventory.name, params};
  return {
    ...unit,
    whole: runbook,
    runbookName: head.name,
    runbookDigest: runbookDigest(runbook),
    inventoryName: inventory.name,
    inventoryDigest: inventory.digest,
    isProtected: inventory.protected,
    isLab: inventory.lab,
    window: inventory.window,
    shared: {
      databaseHost: textsOf('databaseHost'),
      zone: textsOf('zone'),
      cluster: textsOf('cluster'),
      account: textsOf('account'),
      team: textsOf('team'),
    },
    freezes: distinct(frozen.map((target) => systems.get(target)?.databaseHost)),
    services: distinct(changed.map((target) => systems.get(target)?.service)),
    route53RequestsPerSecond: Math.max(
      0,
      ...all.map(({route53RequestsPerSecond = 0}) => route53RequestsPerSecond),
    ),
    forecast: forecasterFrom(past, about)(),
  };
}

const distinct = (texts: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(texts)].filter((text) => text !== undefined);
