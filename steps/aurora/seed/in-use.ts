import {setTimeout as sleep} from 'node:timers/promises';
import {type Client, clientText, sourceAddress} from '../../mysql/index.ts';
import type {AuroraReader} from '../target.ts';

/** Why nothing may be dropped on Aurora, for somebody may have use of it; `null` when nobody is seen. */
export async function whyInUse(aurora: AuroraReader, signal: AbortSignal): Promise<string | null> {
  const replication = await aurora.replication(signal);
  if (replication) {
    return `it follows ${sourceAddress(replication)}`;
  }
  if (await hasSentinels(aurora, signal)) {
    return 'a way back was armed there (switcharoo.sentinel has a row), so it has taken over';
  }
  const processes = await aurora.query('SHOW PROCESSLIST', [], signal);
  const followers = processes.filter(({Command}) => String(Command).startsWith('Binlog Dump'));
  if (followers.length > 0) {
    return `${followers.length} ${followers.length === 1 ? 'server follows' : 'servers follow'} it`;
  }
  const clients = await clientsThatStay(aurora, signal);
  const [first] = clients;
  return first
    ? `${clients.length} ${clients.length === 1 ? 'client is' : 'clients are'} there, such as ${clientText(first)}`
    : null;
}

/** A client that has just gone is a session there for another moment. The administrator's own, and those of RDS, are no use. */
async function clientsThatStay(
  aurora: AuroraReader,
  signal: AbortSignal,
): Promise<readonly Client[]> {
  for (let looks = 1; ; looks += 1) {
    const clients = (await aurora.clients(signal)).filter(
      ({user}) => user !== aurora.user && !ofRds.includes(user),
    );
    if (clients.length === 0 || looks === mostLooks) {
      return clients;
    }
    await sleep(betweenLooksMs, undefined, {signal});
  }
}

const ofRds = ['rdsadmin', 'rdsrepladmin', 'rdsproxyadmin', 'rdstopmgr'];
const mostLooks = 10;
const betweenLooksMs = 100;

async function hasSentinels(aurora: AuroraReader, signal: AbortSignal): Promise<boolean> {
  const [table] = await aurora.query(sentinelTableSql, [], signal);
  const rows = table
    ? await aurora.query('SELECT 1 AS there FROM switcharoo.sentinel LIMIT 1', [], signal)
    : [];
  return rows.length > 0;
}

const sentinelTableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'sentinel'`;
