import {z} from 'zod';
import {defineTarget, type Session, SwitcharooError} from '../../src/index.ts';
import {awsConfig} from '../aws/client.ts';
import {awsRights} from '../aws/rights.ts';
import {
  type Connections,
  type CopyWriter,
  errnoOf,
  type MysqlConfig,
  type MysqlReader,
  type MysqlWriter,
  mysqlConfig,
  mysqlRights,
  openServer,
  type Procedures,
  replicationAccountMissing,
  unlessSessionGone,
  waitForReplication,
} from '../mysql/index.ts';
import {auroraPreflight} from './checks/catalogue.ts';
import {type LeastRoom, roomOf} from './cluster/capacity.ts';
import {type ClusterState, rdsOf, rdsResources} from './cluster/rds.ts';
import {fenceNotTaken, notStopped} from './procedures/problems.ts';
import {callFor, proceduresOn, type Use} from './procedures/procedures.ts';
import {type RestoreReader, type RestoreWriter, restoringOf} from './restore/cluster-restore.ts';

export interface AuroraReader extends MysqlReader {
  readonly clusterIdentifier: string;
  procedures(signal?: AbortSignal): Promise<Procedures>;
  /** How long a binary log is kept; `null` when Aurora may purge it as soon as it likes. */
  binlogRetentionHours(signal?: AbortSignal): Promise<number | null>;
  /** What the RDS API says; `null` when it knows no such cluster. */
  cluster(signal?: AbortSignal): Promise<ClusterState | null>;
  /** What CloudWatch says that one of its instances had left. */
  leastRoom(instance: string, signal: AbortSignal): Promise<LeastRoom>;
  /** As a cluster that RDS makes of a backup. */
  readonly restoring: RestoreReader;
}

/** Changes Aurora through its own `mysql.rds_*` procedures: its master user is not allowed the statements behind them. */
export interface AuroraWriter extends AuroraReader, MysqlWriter {
  readonly copies: CopyWriter;
  readonly restoring: RestoreWriter;
}

/** The writer of an Aurora MySQL cluster. It is a kind of `mysql` and plays those parts too. */
export const auroraCluster = defineTarget({
  kind: 'mysql.aurora',
  config: mysqlConfig.extend({clusterIdentifier: z.string(), ...awsConfig.shape}),
  rights: async (config, needs, context) => {
    const ofAws = needs.filter((need) => /^(rds|iam|cloudwatch):/.test(need));
    const ofDatabase = needs.filter((need) => !ofAws.includes(need));
    return Promise.all([
      awsRights(config, ofAws, rdsResources(config), context),
      mysqlRights(config, ofDatabase, context),
    ]);
  },
  open: async (config, context): Promise<Session<AuroraReader, AuroraWriter>> => {
    const {reader: plain, writer, connections} = openServer(config, context);
    const rds = rdsOf(config);
    const room = roomOf(config);
    const restoring = restoringOf(config);
    const reader: AuroraReader = {
      ...plain,
      clusterIdentifier: config.clusterIdentifier,
      procedures: onceKnown((signal) => proceduresOn(plain, signal)),
      binlogRetentionHours: async (signal) => {
        const rows = await plain.query('CALL mysql.rds_show_configuration()', [], signal);
        const value = rows.find((row) => row['name'] === 'binlog retention hours')?.['value'];
        return value === undefined || value === null ? null : Number(value);
      },
      // What Aurora calls NULL is not for ever, but as long as it likes.
      logRetentionHours: async (signal) => (await reader.binlogRetentionHours(signal)) ?? 0,
      cluster: (signal) => rds.describe(config.clusterIdentifier, signal),
      leastRoom: room.least,
      restoring,
    };
    return {
      reader,
      writer: {
        ...writer,
        ...reader,
        ...throughProcedures(reader, connections, config),
        copies: writer.copies,
        restoring,
      },
      close: async () => {
        rds.close();
        room.close();
        restoring.close();
        await connections.close();
      },
    };
  },
  preflight: auroraPreflight,
});

type ThroughProcedures =
  | 'fenceWrites'
  | 'allowWrites'
  | 'endSession'
  | 'setSource'
  | 'startReplication'
  | 'stopReplication'
  | 'resetReplication';

/** The writes that only the procedures may make. What a CALL answers means little, so each one looks again. */
function throughProcedures(
  reader: AuroraReader,
  connections: Connections,
  config: MysqlConfig,
): Pick<MysqlWriter, ThroughProcedures> {
  const call = async (use: Use, signal: AbortSignal, values: readonly unknown[] = []) => {
    const sql = callFor(use, await reader.procedures(signal), reader.name);
    await connections.write({sql, values, limitMs: callLimitMs}, signal);
  };
  const setReadOnly = async (wanted: 0 | 1, signal: AbortSignal) => {
    await call('fence', signal, [wanted]);
    const {readOnly} = await reader.fence(signal);
    if (readOnly !== (wanted === 1)) {
      throw new SwitcharooError(fenceNotTaken(reader.name, wanted));
    }
  };
  const stopReplication = async (signal: AbortSignal) => {
    // It calls it an error when there was nothing to stop.
    await call('stop', signal).catch(unlessSignalled);
    const replication = await reader.replication(signal);
    if (replication && (replication.io !== 'No' || replication.sql !== 'No')) {
      throw new SwitcharooError(notStopped(reader.name, replication.io, replication.sql));
    }
  };
  return {
    fenceWrites: async (lockWaitSeconds, signal) => {
      await connections.write(
        {sql: 'SET SESSION lock_wait_timeout = ?', values: [lockWaitSeconds]},
        signal,
      );
      await setReadOnly(1, signal);
    },
    allowWrites: (signal) => setReadOnly(0, signal),
    endSession: (id, signal) => call('kill', signal, [id]).catch(unlessSessionGone),
    setSource: async ({host, port, from}, signal) => {
      if (!config.replication) {
        throw new SwitcharooError(replicationAccountMissing(reader));
      }
      const {user, password} = config.replication;
      const withoutTls = 0;
      const values = [host, port, user, password, from.file, from.position, withoutTls];
      await call('follow', signal, values);
    },
    startReplication: async (signal) => {
      // It looks once, 2 s after the start, and calls it an error when replication was running already.
      await call('start', signal).catch(unlessSignalled);
      await waitForReplication(reader, signal);
    },
    stopReplication,
    resetReplication: async (signal) => {
      if ((await reader.replication(signal)) !== null) {
        await call('forget', signal);
      }
    },
  };
}

// A start or stop sleeps some 3 s on Aurora, and waits for the transaction that is being applied.
const callLimitMs = 30_000;

/** ER_SIGNAL_EXCEPTION: the procedures say with SIGNAL SQLSTATE '45000' what they saw, and the next look sees it better. */
function unlessSignalled(cause: unknown): void {
  if (errnoOf(cause) !== 1644) {
    throw cause;
  }
}

function onceKnown<Value>(ask: (signal?: AbortSignal) => Promise<Value>) {
  let known: Value | undefined;
  return async (signal?: AbortSignal): Promise<Value> => {
    known ??= await ask(signal);
    return known;
  };
}
