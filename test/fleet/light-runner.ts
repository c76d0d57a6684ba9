import {startWave} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {serveFleet} from '../../src/fleet/runner.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import type {Host, StopSignals} from '../../src/run/host.ts';
import {hostOf, type LightFleet} from './light-fleet.ts';

export const operator = 'ada@here';

/** As `fleet start`. */
export const startLight = (light: LightFleet, fleet: Fleet, wave: string, digest = 'd1') =>
  startWave(light.database, {
    ...{fleet, wave, operator, digest},
    units: light.started(fleet, wave),
  });

const never = new AbortController().signal;

interface Served {
  readonly host?: Host;
  readonly atOnce?: number;
  readonly networks?: readonly string[];
  readonly signals?: StopSignals;
  readonly lines?: string[];
}

/** As `fleet runner --until-idle`. Gives what it said. */
export async function serveLight(
  light: LightFleet,
  {host = hostOf(light.stateFolder), atOnce = 4, networks = [], signals, lines = []}: Served = {},
): Promise<readonly string[]> {
  const {ending, served} = light.runners;
  const {stopping, aborting} = signals ?? {stopping: never, aborting: never};
  const serving = serveFleet({
    ...{host, database: light.database, atOnce, networks, untilIdle: true},
    signals: {
      stopping: AbortSignal.any([stopping, ending.signal]),
      aborting: AbortSignal.any([aborting, ending.signal]),
    },
    say: (text) => lines.push(text),
  });
  served.add(serving);
  await serving;
  return lines;
}

export const statusOf = async (light: LightFleet, fleet: string): Promise<readonly string[]> =>
  (await unitsIn(light.database.pool, fleet)).map(({unit, status}) => `${unit} ${status}`);
