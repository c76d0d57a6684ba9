import type {RedisFacts} from '../contract.ts';

/** Reads the answer of INFO: a field a line, `name:value`. */
export function factsIn(info: string): RedisFacts {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at > 0 && !line.startsWith('#')) {
      fields.set(line.slice(0, at), line.slice(at + 1));
    }
  }
  const text = (name: string) => fields.get(name) ?? '';
  const number = (name: string) => Number(fields.get(name) ?? 0);
  const brand = text('server_name') === 'valkey' ? 'Valkey' : 'Redis';
  const version = text('valkey_version') || text('redis_version');
  return {
    server: `${brand} ${version}`,
    version,
    runId: text('run_id'),
    replicaOf:
      text('role') === 'slave' ? `${text('master_host')}:${text('master_port')}` : undefined,
    isCluster: text('cluster_enabled') === '1',
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    policy: text('maxmemory_policy'),
    evicted: number('evicted_keys'),
    databases: databasesIn(fields),
  };
}

/** `db0:keys=12,expires=3,avg_ttl=0` */
function databasesIn(fields: ReadonlyMap<string, string>): ReadonlyMap<number, number> {
  const databases = new Map<number, number>();
  for (const [name, value] of fields) {
    const [, db] = /^db(\d+)$/.exec(name) ?? [];
    const [, keys] = /^keys=(\d+)/.exec(value) ?? [];
    if (db !== undefined && keys !== undefined) {
      databases.set(Number(db), Number(keys));
    }
  }
  return databases;
}

/** Whether a version is at least this one: `7.0`. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
