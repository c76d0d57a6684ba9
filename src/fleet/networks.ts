import type {FleetDatabase} from './database.ts';
import {type FleetRow, networksHeard, type UnitRow} from './rows.ts';

// A unit whose systems only one network reaches is run by a runner that was started there, with --network.

export async function heardNetworks({
  pool,
}: Pick<FleetDatabase, 'pool'>): Promise<FleetRow['networks']> {
  const {rows} = await pool.query(networksHeard);
  return new Set(rows.map(({network}) => network));
}

/** `null`: any runner without a network may begin it. */
export const networkOf = ({work}: Pick<UnitRow, 'work'>): string | null => work.network ?? null;

/** Whether no runner is heard that may begin it, while others are. One that began continues where its journal is. */
export const isUnheard = (
  {home, work}: Pick<UnitRow, 'home' | 'work'>,
  heard: FleetRow['networks'],
): boolean =>
  home === null && !heard.has(networkOf({work})) && (work.network !== undefined || heard.size > 0);

/** For people. */
export const runnerOf = (network: string | null): string =>
  network === null ? 'a runner without --network' : `a runner of network ${network}`;

export const runnerCommand = (network: string | null): string =>
  network === null ? 'fleet runner' : `fleet runner --network ${network}`;
