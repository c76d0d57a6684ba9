import {type Blocked, blocked, type Difference} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {sourceAddress} from '../replication/replication.ts';
import {clientText} from './clients.ts';
import {locksText} from './table-locks.ts';

/** What would delay the freeze, or write despite it. */
export async function freezeObstacles(
  source: MysqlReader,
  keepUsers: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [prepared, replication, open, locked] = await Promise.all([
    source.preparedTransactions(signal),
    source.replication(signal),
    source.openTransactions(signal),
    source.lockedTables(signal),
  ]);
  const long = open.filter(({seconds}) => seconds > longTransactionSeconds);
  return [
    ...(prepared > 0
      ? [`${prepared} XA transactions are prepared (XA RECOVER), and read_only does not block them`]
      : []),
    ...(replication
      ? [`it replicates from ${sourceAddress(replication)}, and read_only does not stop that`]
      : []),
    ...long.map(
      (transaction) =>
        `${clientText(transaction)} has had a transaction open for ${transaction.seconds} s`,
    ),
    ...(locked.length > 0 ? [locksText(locked, await source.lockHolders(signal))] : []),
    ...open
      .filter(({user}) => keepUsers.includes(user))
      .map((transaction) => `${clientText(transaction)} is kept, and has uncommitted changes`),
  ];
}

const longTransactionSeconds = 5;

/** A prepared XA transaction can be committed on a read-only server. */
export async function preparedObstacle(
  source: MysqlReader,
  signal: AbortSignal,
): Promise<Blocked | null> {
  return (await source.preparedTransactions(signal)) > 0
    ? blocked(
        `${source.name} refuses writes, but has a prepared XA transaction, which can still be committed.`,
        `Commit it or roll it back on ${source.name} with XA COMMIT or XA ROLLBACK, then resume.`,
      )
    : null;
}

export async function openTransactionDifferences(
  source: MysqlReader,
  {keepUsers, endSessions}: {readonly keepUsers: readonly string[]; readonly endSessions: boolean},
  signal: AbortSignal,
): Promise<readonly Difference[]> {
  const open = endSessions ? await source.openTransactions(signal) : [];
  return open
    .filter(({user}) => !keepUsers.includes(user))
    .map((transaction) => ({
      what: clientText(transaction),
      is: 'has uncommitted changes',
      shouldBe: 'ended',
    }));
}
