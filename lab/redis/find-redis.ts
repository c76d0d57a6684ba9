import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';

/** The first redis-server of this machine: what `SWITCHAROO_REDIS` names, else on the PATH, else Debian's. */
export function findRedis(
  {SWITCHAROO_REDIS, PATH = ''}: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const onPath = [...PATH.split(delimiter), '/usr/bin'].map((folder) =>
    join(folder, 'redis-server'),
  );
  return (SWITCHAROO_REDIS === undefined ? onPath : [SWITCHAROO_REDIS]).find((file) =>
    existsSync(file),
  );
}
