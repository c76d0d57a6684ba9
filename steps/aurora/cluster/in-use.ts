import {setTimeout as sleep} from 'node:timers/promises';
import {type Client, clientText, rdsAccounts, sourceAddress} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';

/** A sign that Aurora is in use, so that nothing may be dropped there; `null` when there is none. */
export async function useReason(aurora: AuroraReader, signal: AbortSignal): Promise<string | null> {
  const replication = await aurora.replication(signal);
  if (replication) {
    return `it replicates from ${sourceAddress(replication)}`;
  }
  if (await hasSentinels(aurora, signal)) {
    return 'reverse replication was set up there (switcharoo.sentinel has a row), so it has taken over';
  }
  const processes = await aurora.query('SHOW PROCESSLIST', [], signal);
  const replicas = processes.filter(({Command}) => String(Command).startsWith('Binlog Dump'));
  if (replicas.length > 0) {
    return `${replicas.length} ${replicas.length === 1 ? 'server replicates' : 'servers replicate'} from it`;
  }
  const clients = await remainingClients(aurora, signal);
  const [first] = clients;
  return first
    ? `${clients.length} ${clients.length === 1 ? 'client is' : 'clients are'} connected, such as ${clientText(first)}`
    : null;
}

/** A client that has just left keeps its session for a moment. Sessions of the administrator and of RDS are no use. */
async function remainingClients(
  aurora: AuroraReader,
  signal: AbortSignal,
): Promise<readonly Client[]> {
  for (let tries = 1; ; tries += 1) {
    const clients = (await aurora.clients(signal)).filter(
      ({user}) => user !== aurora.user && !rdsAccounts.includes(user),
    );
    if (clients.length === 0 || tries === mostTries) {
      return clients;
    }
    await sleep(betweenTriesMs, undefined, {signal});
  }
}

const mostTries = 10;
const betweenTriesMs = 100;

async function hasSentinels(aurora: AuroraReader, signal: AbortSignal): Promise<boolean> {
  const [table] = await aurora.query(sentinelTableSql, [], signal);
  const rows = table
    ? await aurora.query('SELECT 1 AS there FROM switcharoo.sentinel LIMIT 1', [], signal)
    : [];
  return rows.length > 0;
}

const sentinelTableSql = `SELECT 1 AS there FROM information_schema.tables
  WHERE table_schema = 'switcharoo' AND table_name = 'sentinel'`;
