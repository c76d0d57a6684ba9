import {SwitcharooError} from '../../../src/index.ts';
import {
  changesSince,
  drain,
  endClients,
  type MysqlReader,
  type MysqlWriter,
  type Position,
  positionText,
  replicationNotRunning,
  watchPosition,
} from '../../mysql/index.ts';
import type {AuroraWriter} from '../contract.ts';
import {transactionsPrepared, writesWhileReadOnly} from '../replication/problems.ts';

/** After Aurora was told to refuse writes: none is under way, and its log has its last one. */

export const endSessions = {
  on: 'aurora',
  does: 'end all client sessions, and verify that its position no longer moves',
  perform: async (aurora: AuroraWriter, signal: AbortSignal, say: (text: string) => void) => {
    await endClients(aurora, {isToEnd: () => true, signal, say});
    await verifyPosition().perform(aurora, signal);
  },
} as const;

/** What it executes last is what clients have written last: Aurora's position is watched meanwhile. */
export const executeLastWrite = (aurora: MysqlReader) =>
  ({
    on: 'source',
    does: `execute everything that ${aurora.name} has written, and verify that its position no longer moves`,
    perform: async (source: MysqlWriter, signal: AbortSignal, say: (text: string) => void) => {
      const moved = async (from: Position) => {
        const changes = await changesSince(aurora, from, signal);
        if (changes.length > 0) {
          const to = positionText(await aurora.position(signal));
          throw new SwitcharooError(
            writesWhileReadOnly(aurora.name, positionText(from), to, changes),
          );
        }
      };
      const [prepared, isReplicating] = await Promise.all([
        aurora.preparedTransactions(signal),
        drain({replica: source, source: aurora}, {signal, say, watchMs: shortWatchMs, moved}),
      ]);
      if (!isReplicating) {
        throw new SwitcharooError(replicationNotRunning(source.name, 'it has no source'));
      }
      if (prepared > 0) {
        throw new SwitcharooError(transactionsPrepared(aurora.name, prepared));
      }
      return closed;
    },
  }) as const;

/** What it returns: Aurora refuses writes, as it was seen last. */
export const closed = 'closed';

const shortWatchMs = 20;

export const verifyPosition = (watchMs?: number) =>
  ({
    on: 'aurora',
    does: 'verify that its position no longer moves',
    perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
      const [prepared, {first, last, changes}] = await Promise.all([
        aurora.preparedTransactions(signal),
        watchPosition(aurora, signal, watchMs),
      ]);
      if (prepared > 0) {
        throw new SwitcharooError(transactionsPrepared(aurora.name, prepared));
      }
      if (changes.length > 0) {
        const [from, to] = [positionText(first), positionText(last)];
        throw new SwitcharooError(writesWhileReadOnly(aurora.name, from, to, changes));
      }
    },
  }) as const;
