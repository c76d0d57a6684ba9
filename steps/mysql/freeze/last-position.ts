import {done, waiting} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {positionText} from '../replication/position.ts';
import {watchPosition} from '../replication/waits.ts';
import {clientText} from './clients.ts';

/** The position of a frozen source, once it was watched for `watchMs` and no longer moves. */
export async function lastPosition(source: MysqlReader, watchMs: number, signal: AbortSignal) {
  // Once reverse replication runs, the frozen source writes what it receives from Aurora.
  if (watchMs === 0 || (await source.replication(signal))) {
    return done(await source.position(signal));
  }
  const {first, last, changes} = await watchPosition(source, signal, watchMs);
  return changes.length === 0
    ? done(last)
    : waiting(
        `${source.name} refuses writes, but its position moved from ${positionText(first)} to ${positionText(last)}: ${await writersText(source, signal)}`,
      );
}

/** Sessions that read_only does not bind, as far as their accounts show it. */
async function writersText(source: MysqlReader, signal: AbortSignal): Promise<string> {
  if ((await source.fence(signal)).superReadOnly) {
    return 'a client commits prepared XA transactions, which super_read_only does not block';
  }
  const boundAccounts = (await source.accounts(signal)).filter(
    ({bound, locked}) => bound || locked,
  );
  const writers = (await source.clients(signal)).filter(
    (client) => !boundAccounts.some(({user}) => user === client.user),
  );
  return writers.length > 0
    ? `${writers.slice(0, 5).map(clientText).join(', ')} ${writers.length === 1 ? 'is' : 'are'} not bound by read_only`
    : 'an account that read_only does not bind writes';
}
