import {SwitcharooError} from '../../../src/index.ts';
import type {Position} from '../../mysql/index.ts';
import type {AuroraWriter} from '../target.ts';
import {notFenced} from './problems.ts';

/** Writes that more than one step makes. Each looks first, so that it may be repeated. */

// Long enough for a statement to end, short enough for the writes that queue behind the lock meanwhile.
const lockWaitSeconds = 2;

export const fence = {
  on: 'aurora',
  does: 'refuse writes: CALL mysql.rds_set_read_only(1)',
  perform: (aurora: AuroraWriter, signal: AbortSignal) =>
    aurora.fenceWrites(lockWaitSeconds, signal),
} as const;

export const thaw = {
  on: 'aurora',
  does: 'accept writes: CALL mysql.rds_set_read_only(0)',
  perform: (aurora: AuroraWriter, signal: AbortSignal) => aurora.allowWrites(signal),
} as const;

/** `from` is asked when it is performed: where the followed server stands may move until then. */
export const pointAt = (
  {host, port}: {host: string; port: number},
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

export const start = {
  on: 'aurora',
  does: 'start replication, and see both threads run',
  perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
    // What comes from upstream and what clients write would be two histories.
    if (!(await aurora.fence(signal)).readOnly) {
      throw new SwitcharooError(notFenced(aurora.name));
    }
    await aurora.startReplication(signal);
  },
} as const;

export const forget = (followed: string) =>
  ({
    on: 'aurora',
    does: `stop following ${followed}, and forget it`,
    perform: (aurora: AuroraWriter, signal: AbortSignal) => aurora.resetReplication(signal),
  }) as const;
