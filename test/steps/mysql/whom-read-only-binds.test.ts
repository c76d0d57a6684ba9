import {expect, test} from 'vitest';
import {boundByReadOnly, missingForTestRows} from '../../../steps/mysql/accounts/own-account.ts';
import {accountsPastReadOnly} from '../../../steps/mysql/accounts/read-only-bypass.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {describeEachServer} from './each-server.ts';

const {signal} = new AbortController();

describeEachServer('whom read_only binds', (on) => {
  const isMysql9 = () => on.kind.name === 'MySQL 9';
  const hasRoles = on.kind.name !== 'MySQL 5.6';
  const privilege = {
    'MySQL 5.6': 'SUPER',
    'MariaDB 10.11': 'READ_ONLY ADMIN',
    'MySQL 9': 'CONNECTION_ADMIN',
  }[on.kind.name] as string;
  const say = async (...statements: readonly string[]) => {
    for (const statement of statements) {
      await on.database.query(statement);
    }
  };
  const as = async <Answer>(
    user: string,
    ask: typeof boundByReadOnly | typeof missingForTestRows,
  ): Promise<Answer> => {
    const login = {host: '127.0.0.1', port: on.database.port, user, password: 'p'};
    const session = await mysqlServer.open(login as never, {name: 'aurora', signal});
    try {
      return (await ask(session.reader, signal)) as Answer;
    } finally {
      await session.close();
    }
  };
  const past = async () =>
    (await accountsPastReadOnly(on.session.reader, signal))
      .map(({user}) => user)
      .filter((user) => user !== 'switcharoo');

  test('an account without the privilege is told what it lacks, before and while it is on', async () => {
    await say(
      "CREATE USER 'narrow'@'%' IDENTIFIED BY 'p'",
      "GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'narrow'@'%'",
      "GRANT CREATE, SELECT, INSERT, DELETE ON `switcharoo`.* TO 'narrow'@'%'",
      'CREATE DATABASE IF NOT EXISTS switcharoo',
      'CREATE TABLE IF NOT EXISTS switcharoo.sentinel (run INT PRIMARY KEY)',
    );
    expect(await as('narrow', boundByReadOnly)).toBe(privilege);
    expect(await as('narrow', missingForTestRows)).toEqual([privilege]);
    await say('SET GLOBAL read_only = ON');
    expect(await as('narrow', boundByReadOnly)).toBe(privilege);
    expect(await boundByReadOnly(on.session.reader, signal)).toBeNull();
    await say(`GRANT ${privilege} ON *.* TO 'narrow'@'%'`);
    expect(await as('narrow', boundByReadOnly)).toBeNull();
    expect(await as('narrow', missingForTestRows)).toEqual([]);
    await say('SET GLOBAL read_only = OFF');
    expect(await as('narrow', boundByReadOnly)).toBeNull();
    expect(await past()).toEqual(['narrow']);
    await say(`REVOKE ${privilege} ON *.* FROM 'narrow'@'%'`);
    expect(await past()).toEqual([]);
  });

  test('the table of the test rows is named too, and the log', async () => {
    await say("CREATE USER 'poor'@'%' IDENTIFIED BY 'p'");
    const missing = await as<readonly string[]>('poor', missingForTestRows);
    expect(missing).toEqual([
      privilege,
      'CREATE ON switcharoo.*',
      'SELECT ON switcharoo.*',
      'INSERT ON switcharoo.*',
      'DELETE ON switcharoo.*',
      'REPLICATION SLAVE, to read the binary log',
    ]);
    await say('SET GLOBAL read_only = ON');
    expect(await as('poor', boundByReadOnly)).toBe(privilege);
    await say('SET GLOBAL read_only = OFF', "DROP USER 'poor'@'%'");
  });

  test.runIf(hasRoles)(
    'a role counts for others at any time, and for us when it is set',
    async () => {
      await say(
        "CREATE USER 'app'@'%' IDENTIFIED BY 'p'",
        'CREATE ROLE rds_superuser_role, inner_role',
        `GRANT ${privilege} ON *.* TO inner_role`,
        'GRANT inner_role TO rds_superuser_role',
      );
      expect(await past()).toEqual([]);
      await say("GRANT rds_superuser_role TO 'app'@'%'");
      expect(await past()).toEqual(['app']);
      // MariaDB shows a role that is not set only to who may read the schema mysql.
      expect(await as('app', boundByReadOnly)).toBe(
        isMysql9()
          ? `${privilege} (the role rds_superuser_role has it, but is not set at login)`
          : privilege,
      );
      await say(`SET DEFAULT ROLE rds_superuser_role ${isMysql9() ? 'TO' : 'FOR'} 'app'@'%'`);
      expect(await as('app', boundByReadOnly)).toBeNull();
      await say('SET GLOBAL read_only = ON');
      expect(await as('app', boundByReadOnly)).toBeNull();
      await say('SET GLOBAL read_only = OFF', "DROP USER 'app'@'%'");
    },
  );

  test.runIf(isMysql9())("a mandatory role is everybody's", async () => {
    await say("SET GLOBAL mandatory_roles = 'inner_role'");
    expect(await past()).toContain('shop');
    await say("SET GLOBAL mandatory_roles = ''");
    expect(await past()).toEqual([]);
  });
});
