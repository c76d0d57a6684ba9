import {clientText, followedAt} from '../mysql/server.ts';
import type {AuroraReader} from './cluster.ts';

/** Why nothing may be dropped on Aurora, for somebody may have use of it; `null` when nobody is seen. */
export async function whyInUse(aurora: AuroraReader, signal: AbortSignal): Promise<string | null> {
  const replication = await aurora.replication(signal);
  if (replication) {
    return `it follows ${followedAt(replication)}`;
  }
  if (await hasSentinels(aurora, signal)) {
    return 'a way back was armed there (switcharoo.sentinel has a row), so it has taken over';
  }
  const processes = await aurora.query('SHOW PROCESSLIST', [], signal);
  const followers = processes.filter(({Command}) => String(Command).startsWith('Binlog Dump'));
  if (followers.length > 0) {
    return `${followers.length} ${followers.length === 1 ? 'server follows' : 'servers follow'} it`;
  }
  // The administrator's own sessions, and those of RDS itself, are no use.
  const clients = (await aurora.clients(signal)).filter(
    ({user}) => user !== aurora.user && user !== 'rdsadmin',
  );
  const [first] = clients;
  return first
    ? `${clients.length} ${clients.length === 1 ? 'client is' : 'clients are'} there, such as ${clientText(first)}`
    : null;
}

async function hasSentinels(aurora: AuroraReader, signal: AbortSignal): Promise<boolean> {
  const [table] = await aurora.query(sentinelTableSql, [], signal);
  const rows = table
    ? await aurora.query('SELECT 1 AS there FROM switcharoo.sentinel LIMIT 1', [], signal)
    : [];
  return rows.length > 0;
}

const sentinelTableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'sentinel'`;
