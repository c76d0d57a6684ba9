import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runbookDigest} from '../../src/engine/digests.ts';
import {type FleetDatabase, openDatabase} from '../../src/fleet/database.ts';
import type {StartedUnit} from '../../src/fleet/started-units.ts';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {closedTimes} from '../../src/inventory/window.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {unitsOf} from '../../src/model/fleet.ts';
import {thisHost} from '../../src/run/host.ts';
import {endWithTest} from '../end-with-test.ts';

const runbook = fileURLToPath(new URL('light-service.ts', import.meta.url));

/** Services that are folders, with their inventories, and a state folder with a PostgreSQL of its own. */
export interface LightFleet {
  readonly folder: string;
  readonly stateFolder: string;
  readonly database: FleetDatabase;
  /** Runners of this process: they end before its PostgreSQL, also after a test that took too long. */
  readonly runners: {readonly ending: AbortController; readonly served: Set<Promise<unknown>>};
  /** How often a service was cut over, and reversed. */
  cutovers(unit: string): readonly string[];
  serviceFolder(unit: string): string;
  /** The first process of its PostgreSQL. */
  serverPid(): number;
  /** As `fleet start` writes them down. */
  started(fleet: Fleet, wave: string): readonly StartedUnit[];
  /** A fleet of these waves. */
  fleetOf(
    name: string,
    waves: Readonly<Record<string, readonly string[]>>,
    params?: Readonly<Record<string, unknown>>,
  ): Fleet;
  clear(): Promise<void>;
}

interface LightRequest {
  /** A PostgreSQL that is there already, in place of one of its own. */
  readonly given?: string;
  /** What the inventory of a unit has beside its machine, as lines of YAML from its targets on. */
  readonly more?: (unit: string) => string;
}

export async function openLightFleet({
  given,
  more = () => '',
}: LightRequest = {}): Promise<LightFleet> {
  // Before anything is started: a mistake in it leaves nothing behind.
  const loaded = await loadRunbook(runbook);
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-fleet-'));
  // Not below the other one: where this runs as root, the user of PostgreSQL enters it.
  const stateFolder = mkdtempSync(join(tmpdir(), 'switcharoo-state-'));
  const database = await openDatabase(stateFolder, given ?? '');
  if (given === undefined) {
    endWithTest({pid: serverPidIn(stateFolder)});
  }
  const runners = {ending: new AbortController(), served: new Set<Promise<unknown>>()};
  const serviceFolder = (unit: string) => join(folder, 'services', unit);
  return {
    folder,
    stateFolder,
    database,
    runners,
    serviceFolder,
    serverPid: () => serverPidIn(stateFolder),
    cutovers: (unit) => {
      const file = join(serviceFolder(unit), 'cutovers');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    },
    started: (fleet, wave) =>
      unitsOf(fleet)
        .filter((unit) => unit.wave === wave)
        .map(({id, after, team, network, runbook: file, inventory, params}) => {
          const {digest, name, lab, window} = loadInventory(inventory, stateFolder);
          return {
            id,
            after,
            work: {
              ...{runbook: file, inventory, ...(params ? {params} : {})},
              digests: {runbook: runbookDigest(loaded.runbook), inventory: digest},
              names: {runbook: loaded.runbook.head.name, inventory: name},
              isLab: lab,
              ...(network === undefined ? {} : {network}),
              ...(window ? {closed: closedTimes(window)} : {}),
            },
            resources: team ? [`team:${team}`] : [],
          };
        }),
    fleetOf: (name, waves, params = {}) => ({
      name,
      waves: Object.fromEntries(
        Object.entries(waves).map(([wave, units]) => [
          wave,
          {
            units: Object.fromEntries(
              units.map((unit) => [unit, {runbook, inventory: inventoryOf(unit), params}]),
            ),
          },
        ]),
      ),
    }),
    clear: async () => {
      runners.ending.abort();
      await Promise.allSettled(runners.served);
      await database.close();
      for (const path of [folder, stateFolder]) {
        rmSync(path, {recursive: true, force: true});
      }
    },
  };

  function inventoryOf(unit: string): string {
    mkdirSync(serviceFolder(unit), {recursive: true});
    const file = join(folder, `${unit}.yaml`);
    writeFileSync(
      file,
      `name: ${unit}\nparams:\n  folder: ${serviceFolder(unit)}\ntargets:\n  machine:\n    kind: local\n${more(unit)}`,
    );
    return file;
  }
}

/** The first process of the PostgreSQL of a state folder. */
export function serverPidIn(stateFolder: string): number {
  const file = join(stateFolder, 'fleet-postgres', 'data', 'postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}

export const hostOf = (stateFolder: string) => thisHost(stateFolder);
