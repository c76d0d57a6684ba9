import {SwitcharooError} from '../../../src/index.ts';
import {errnoOf, type MysqlReader, type Position} from '../../mysql/index.ts';
import type {AuroraWriter} from '../contract.ts';
import {identityOf} from './earlier-replication.ts';
import {writesEnabled} from './problems.ts';

/** Writes that more than one step makes. Each checks first, so it may be repeated. */

// Long enough for a statement to end, short enough for the writes that queue behind the lock meanwhile.
const lockWaitSeconds = 2;

export const disableWrites = {
  on: 'aurora',
  does: 'refuse writes: CALL mysql.rds_set_read_only(1)',
  perform: (aurora: AuroraWriter, signal: AbortSignal) =>
    aurora.fenceWrites(lockWaitSeconds, signal),
} as const;

export const enableWrites = {
  on: 'aurora',
  does: 'accept writes: CALL mysql.rds_set_read_only(0)',
  perform: (aurora: AuroraWriter, signal: AbortSignal) => aurora.allowWrites(signal),
} as const;

/** `from` is read when the action is performed: the source's position may move until then. */
export const setSource = (
  {host, port}: {readonly host: string; readonly port: number},
  from: (signal: AbortSignal) => Promise<Position>,
  does: string,
) =>
  ({
    on: 'aurora',
    does,
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      if (await aurora.replication(signal)) {
        return;
      }
      await aurora.setSource({host, port, from: await from(signal)}, signal);
    },
  }) as const;

export const startReplication = {
  on: 'aurora',
  does: 'start replication, and verify that both threads run',
  perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
    // With writes enabled, replicated changes and those of clients would be two histories.
    if (!(await aurora.fence(signal)).readOnly) {
      throw new SwitcharooError(writesEnabled(aurora.name));
    }
    await aurora.startReplication(signal);
  },
} as const;

interface RecordedEnd {
  readonly run: string;
  readonly seed: Position;
  readonly upstream: MysqlReader;
}

/** Without the record a reversal is complete all the same: a later run then needs a new seed, and says so. */
export const stopAndRecord = (source: string, {run, seed, upstream}: RecordedEnd) =>
  ({
    on: 'aurora',
    does: `stop replication from ${source}, and record its position in switcharoo.replication_end`,
    perform: async (
      aurora: AuroraWriter,
      signal: AbortSignal,
      say: (text: string) => void,
    ): Promise<void> => {
      const replication = await aurora.replication(signal);
      if (!replication) {
        return;
      }
      if (replication.io !== 'No' || replication.sql !== 'No') {
        await aurora.stopReplication(signal);
      }
      const stopped = await aurora.replication(signal);
      // Several workers that failed may leave gaps before that position.
      if (!stopped || stopped.error?.thread === 'sql') {
        return;
      }
      const {executed} = stopped;
      const own = await aurora.position(signal);
      const end = {run, upstream: await identityOf(upstream, signal), seed, executed, own};
      await aurora.recordReplicationEnd(end, signal).catch((cause) => {
        if (!refused.includes(errnoOf(cause) ?? 0)) {
          throw cause;
        }
        say(`${aurora.name} refuses the record, so a later run needs a new seed`);
      });
    },
  }) as const;

// ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR,
// ER_OPTION_PREVENTS_STATEMENT: the account may not write, or not while read_only is on.
const refused = [1044, 1142, 1227, 1290];

export const resetReplication = (source: string) =>
  ({
    on: 'aurora',
    does: `reset replication from ${source}`,
    perform: (aurora: AuroraWriter, signal: AbortSignal) => aurora.resetReplication(signal),
  }) as const;
