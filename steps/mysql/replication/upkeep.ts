import {blocked, holds, lapsed, type UpkeepVerdict} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {repairOf} from './repair.ts';
import {brokenReason, sourceAddress} from './replication.ts';
import {tlsMissing} from './tls.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Its threads start again by themselves after a restart; a person may have stopped or reset them. */
export async function replicates(
  server: MysqlReader,
  address: Address,
  signal: AbortSignal,
): Promise<UpkeepVerdict> {
  const replication = await server.replication(signal);
  const expected = sourceAddress(address);
  if (!replication || sourceAddress(replication) !== expected) {
    const is = replication ? `replicates from ${sourceAddress(replication)}` : 'does not replicate';
    return blocked(
      `${server.name} ${is} now, and replicated from ${expected}.`,
      `Somebody has changed its replication: its error log says when (on Aurora: mysql.rds_history). Set it up again from where it stopped, or reverse to before that entry.`,
    );
  }
  const unencrypted = tlsMissing(server, replication);
  if (unencrypted) {
    return unencrypted;
  }
  const broken = brokenReason(replication);
  if (broken === null) {
    return holds();
  }
  return replication.error
    ? blocked(
        `${server.name} does not replicate from ${expected}: ${broken}.`,
        repairOf(server.name, replication),
      )
    : lapsed('since somebody stopped it', {
        what: `replication of ${server.name}`,
        is: `IO ${replication.io}, SQL ${replication.sql}`,
        shouldBe: 'both threads run',
      });
}

/** A restart clears `read_only`. Setting it again is not enough: a write since then is missing on the other side. */
export async function staysFrozen(
  server: MysqlReader,
  signal: AbortSignal,
): Promise<UpkeepVerdict> {
  return (await server.fence(signal)).readOnly
    ? holds()
    : blocked(
        `${server.name} accepts writes again (read_only = OFF).`,
        'The server was restarted, or read_only was reset. Reverse to the checkpoint before the freeze.',
      );
}
