import {SwitcharooError} from '../../../src/index.ts';
import type {Position} from '../../mysql/index.ts';
import type {AuroraWriter} from '../contract.ts';
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

export const resetReplication = (source: string) =>
  ({
    on: 'aurora',
    does: `stop replication from ${source}, and reset it`,
    perform: (aurora: AuroraWriter, signal: AbortSignal) => aurora.resetReplication(signal),
  }) as const;
