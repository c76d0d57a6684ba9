import {SwitcharooError} from '../../../src/index.ts';
import {endClients, positionText, watchPosition} from '../../mysql/index.ts';
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
