import {compare} from './clients/compare.ts';
import type {ClientsControl, ClientsReport} from './clients/protocol.ts';
import type {Window} from './clients/requests.ts';
import type {Lookups} from './dns/watcher.ts';
import type {Databases} from './mysql/topology.ts';

/** What became of the writes that were acknowledged to the clients. */
export interface WriteCount {
  readonly inCharge: 'source' | 'aurora';
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outageMs: number;
  readonly clients: ClientsReport;
  /** Of the domain whose name servers can be moved. */
  readonly lookups: Lookups;
}

/**
 * Compares the clients' ledger with the database in charge: the one that accepts writes. The clients are paused
 * meanwhile.
 */
export async function countWrites(
  control: ClientsControl,
  ledger: string,
  databases: Databases,
  windows?: readonly Window[],
): Promise<Omit<WriteCount, 'lookups'>> {
  const clients = await control.pause(windows);
  const inCharge = await databaseInCharge(databases);
  const {acknowledged, lost, duplicated} = await compare(ledger, (sql) =>
    databases[inCharge].query(sql),
  );
  await control.resume();
  return {
    inCharge,
    acknowledged,
    lost: lost.length,
    duplicated: duplicated.length,
    outageMs: clients.outageMs,
    clients,
  };
}

/** The source, until it refuses writes, even if Aurora accepts some. */
async function databaseInCharge({source}: Databases): Promise<'source' | 'aurora'> {
  const [row] = await source.query('SELECT @@read_only AS readOnly');
  return Number(row?.['readOnly']) === 0 ? 'source' : 'aurora';
}
