import {compare} from './clients/compare.ts';
import type {ClientsControl, ClientsReport} from './clients/protocol.ts';
import type {Window} from './clients/requests.ts';
import type {Lookups} from './dns/watcher.ts';
import type {Kept} from './kept.ts';
import {compareAllRows, type RowCount, type RowsUnknown} from './mysql/all-rows.ts';
import type {Databases} from './mysql/topology.ts';

/** What became of the writes that were acknowledged to the clients. */
export interface WriteCount {
  readonly inCharge: 'source' | 'aurora';
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  /** All rows of both databases, or which of the two did not answer. */
  readonly rows: RowCount | RowsUnknown;
  /** What else is there, whether the runbook has promised it or not. */
  readonly kept: Kept;
  readonly outageMs: number;
  readonly clients: ClientsReport;
  /** Of the domain whose name servers can be moved. */
  readonly lookups: Lookups;
}

interface Counted {
  readonly control: ClientsControl;
  readonly ledger: string;
  readonly databases: Databases;
  countKept(inCharge: WriteCount['inCharge']): Promise<Kept>;
}

/**
 * Compares the clients' ledger with the database in charge: the one that accepts writes; and all rows of both
 * databases. The clients are paused meanwhile.
 */
export async function countWrites(
  {control, ledger, databases, countKept}: Counted,
  windows?: readonly Window[],
): Promise<Omit<WriteCount, 'lookups'>> {
  const clients = await control.pause(windows);
  try {
    const inCharge = await databaseInCharge(databases);
    const {acknowledged, lost, duplicated} = await compare(ledger, (sql) =>
      databases[inCharge].query(sql),
    );
    const kept = await countKept(inCharge);
    const other = inCharge === 'source' ? 'aurora' : 'source';
    const rows = await compareAllRows({
      inCharge: {name: inCharge, database: databases[inCharge]},
      other: {name: other, database: databases[other]},
    });
    return {
      ...{inCharge, acknowledged, lost: lost.length, duplicated: duplicated.length, rows, kept},
      ...{outageMs: clients.outageMs, clients},
    };
  } finally {
    await control.resume();
  }
}

/** The source, until it refuses writes or no longer answers, even if Aurora accepts some. */
async function databaseInCharge({source}: Databases): Promise<'source' | 'aurora'> {
  const [row] = await source.query('SELECT @@read_only AS readOnly').catch(() => []);
  return row && Number(row['readOnly']) === 0 ? 'source' : 'aurora';
}
