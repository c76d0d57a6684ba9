import type {LabDatabase} from '../../../lab/mysql/server.ts';
import type {Session} from '../../../src/model/target.ts';
import type {AuroraReader, AuroraWriter} from '../../../steps/aurora/contract.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';

/** A session on a real server that stands in for Aurora, as its master user; `config` has where AWS is. */
export async function withSession<Result>(
  {port}: LabDatabase,
  config: object,
  work: (session: Session<AuroraReader, AuroraWriter>) => Promise<Result>,
): Promise<Result> {
  const login = {
    ...{host: '127.0.0.1', port, user: 'admin', password: passwords.admin},
    replication: {user: 'repl', password: passwords.repl},
    ...{clusterIdentifier: 'shop', region: 'us-east-1'},
  };
  const {signal} = new AbortController();
  const session = await auroraCluster.open({...login, ...config}, {name: 'aurora', signal});
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** As on a server that never had it. */
export async function withoutProcedure(
  server: LabDatabase,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const [made] = await server.query('SHOW CREATE PROCEDURE mysql.??', [name]);
  const say = (sql: string) =>
    server.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query('USE mysql');
      await connection.query('SET sql_mode = ?', [made?.['sql_mode']]);
      await connection.query(sql);
    });
  await say(`DROP PROCEDURE ${name}`);
  try {
    await work();
  } finally {
    await say(String(made?.['Create Procedure']));
  }
}
