import {describe, expect, test} from 'vitest';
import {grantedBy, rolesIn} from '../../../steps/mysql/accounts/grants.ts';
import {privilegesIn} from '../../../steps/mysql/accounts/rights.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {describeEachServer} from './each-server.ts';

describe('a need in the words of a step', () => {
  test.for([
    ['SUPER', [['SUPER', '*.*']]],
    ['SELECT ON mysql.*', [['SELECT', '`mysql`.*']]],
    [
      'CREATE, SELECT ON switcharoo.*',
      [
        ['CREATE', '`switcharoo`.*'],
        ['SELECT', '`switcharoo`.*'],
      ],
    ],
    ['SELECT on the tables that the query reads', []],
    ['an account for Aurora with REPLICATION SLAVE', []],
  ] as const)('%s', ([need, expected]) => {
    expect(privilegesIn(need, undefined).map((one) => [one.privilege, one.scope])).toEqual(
      expected,
    );
  });

  test('is another one on a server that is too old for it', () => {
    const need = 'CONNECTION_ADMIN (SUPER before 8.0): writes while it is read_only';
    const on = (version: string) => privilegesIn(need, version).map(({privilege}) => privilege);
    expect([on('5.6.24-log'), on('8.0.36'), on('9.7.4'), on('10.11.19-MariaDB')]).toEqual([
      ['SUPER'],
      ['CONNECTION_ADMIN'],
      ['CONNECTION_ADMIN'],
      ['SUPER'],
    ]);
  });
});

test('of SHOW GRANTS only privileges and scopes are read, never the hash of a password', () => {
  const byScope = grantedBy([
    "GRANT PROCESS, SUPER ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*23AE809DDACAF96AF0FD78ED04B6A265E05AA257'",
    "GRANT SELECT, INSERT (name, price) ON `shop\\_eu`.* TO 'a'@'%'",
    'GRANT `reader`@`%` TO `a`@`%`',
  ]);
  expect([...byScope].map(([scope, privileges]) => [scope, [...privileges]])).toEqual([
    ['*.*', ['PROCESS', 'SUPER']],
    ['`shop_eu`.*', ['SELECT', 'INSERT (columns)']],
  ]);
});

test('of the roles of SHOW GRANTS those of the account itself are asked for', () => {
  expect(
    rolesIn([
      'GRANT `a.b`@`%`,`night``s`@`10.0.0.%` TO `u`@`%` WITH ADMIN OPTION',
      'GRANT `reader` TO `u`@`%`',
      'GRANT `within` TO `reader`',
      'GRANT SELECT ON *.* TO `reader`',
      'SET DEFAULT ROLE `reader` FOR `u`@`%`',
    ]),
  ).toEqual([
    {role: 'a.b', sql: 'SHOW GRANTS FOR CURRENT_USER() USING `a.b`@`%`'},
    {role: 'night`s@10.0.0.%', sql: 'SHOW GRANTS FOR CURRENT_USER() USING `night``s`@`10.0.0.%`'},
    {role: 'reader', sql: 'SHOW GRANTS FOR `reader`'},
  ]);
});

const needs = ['REPLICATION CLIENT', 'SELECT ON shop.*', 'SELECT ON mysql.*', 'by hand: nothing'];

describeEachServer('an account', (on) => {
  const rightsOf = async (user: string, password: string) => {
    const config = {host: '127.0.0.1', port: on.database.port, user, password};
    const context = {name: 'source', signal: new AbortController().signal};
    return (await mysqlServer.rights?.(config, needs, context))?.[0];
  };

  test('is told which GRANT it lacks, and lacks nothing once that was pasted', async () => {
    await on.database.query("CREATE USER 'poor'@'%' IDENTIFIED BY 'p'");
    const before = await rightsOf('poor', 'p');
    expect(before).toEqual({
      account: 'poor@%',
      grants: [
        {form: 'statement', text: "GRANT REPLICATION CLIENT ON *.* TO 'poor'@'%';"},
        {form: 'statement', text: "GRANT SELECT ON `shop`.* TO 'poor'@'%';"},
        {form: 'statement', text: "GRANT SELECT ON `mysql`.* TO 'poor'@'%';"},
        {form: 'words', text: 'by hand: nothing'},
      ],
      needs: ['REPLICATION CLIENT ON *.*', 'SELECT ON `shop`.*', 'SELECT ON `mysql`.*'].map(
        (need) => ({need, is: 'missing', reason: 'SHOW GRANTS does not list it'}),
      ),
    });
    for (const grant of before?.grants ?? []) {
      if (grant.form === 'statement') {
        await on.database.query(grant.text);
      }
    }
    expect((await rightsOf('poor', 'p'))?.needs.map(({is}) => is)).toEqual([
      'granted',
      'granted',
      'granted',
    ]);
  });

  test('that cannot log in gets its statements all the same, and nothing is claimed of it', async () => {
    const rights = await rightsOf('nobody', 'wrong');
    expect(rights?.account).toBeNull();
    expect(rights?.grants[0]).toEqual({
      form: 'statement',
      text: "GRANT REPLICATION CLIENT ON *.* TO 'nobody'@'%';",
    });
    expect(rights?.needs.map(({is}) => is)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(rights?.needs[0]?.reason).toMatch(
      /^source at .* refuses the login of the account nobody\.$/,
    );
  });

  describe.skipIf(on.kind.name === 'MySQL 5.6')('with roles', () => {
    const say = async (...statements: readonly string[]) => {
      for (const statement of statements) {
        await on.database.query(statement);
      }
    };
    const defaultRole = (role: string) =>
      `SET DEFAULT ROLE ${role} ${on.kind.name === 'MySQL 9' ? 'TO' : 'FOR'} 'crew'@'%'`;
    const heldNow = async (user = 'crew') =>
      (await rightsOf(user, 'p'))?.needs.map(({is, reason = ''}) => [is, reason]);
    const unlisted = ['missing', 'SHOW GRANTS does not list it'];
    const held = ['granted', ''];
    const onlyBy = (role: string) => [
      'missing',
      `the role ${role} has it, but is not set at login`,
    ];

    test('holds what its default role has, and what was given to that role', async () => {
      await say(
        "CREATE USER 'crew'@'%' IDENTIFIED BY 'p'",
        'CREATE ROLE `day.shift`, `inner`',
        'GRANT SELECT ON `shop`.* TO `inner`',
        'GRANT `inner` TO `day.shift`',
        'GRANT REPLICATION CLIENT ON *.* TO `day.shift`',
      );
      expect(await heldNow()).toEqual([unlisted, unlisted, unlisted]);
      await say("GRANT `day.shift` TO 'crew'@'%'");
      // MariaDB shows a role that is not set only to who may read the schema mysql.
      const idle = on.kind.name === 'MySQL 9' ? onlyBy('day.shift') : unlisted;
      expect(await heldNow()).toEqual([idle, idle, unlisted]);
      await say(defaultRole('`day.shift`'));
      expect(await heldNow()).toEqual([held, held, unlisted]);
    });

    test.runIf(on.kind.name === 'MariaDB 10.11')('holds what everybody has', async () => {
      await say('GRANT SELECT ON `mysql`.* TO PUBLIC');
      expect(await heldNow()).toEqual([held, held, held]);
      await say('REVOKE SELECT ON `mysql`.* FROM PUBLIC');
    });

    test.runIf(on.kind.name === 'MySQL 9')(
      'holds what a mandatory role has, and all of its roles where the server sets them at login',
      async () => {
        await say(
          "CREATE USER 'plain'@'%' IDENTIFIED BY 'p'",
          'CREATE ROLE everyone',
          'GRANT SELECT ON `mysql`.* TO everyone',
          "SET GLOBAL mandatory_roles = 'everyone'",
        );
        expect(await heldNow('plain')).toEqual([unlisted, unlisted, held]);
        await say("SET GLOBAL mandatory_roles = ''", "GRANT everyone TO 'plain'@'%'");
        expect(await heldNow('plain')).toEqual([unlisted, unlisted, onlyBy('everyone')]);
        await say('SET GLOBAL activate_all_roles_on_login = ON');
        expect(await heldNow('plain')).toEqual([unlisted, unlisted, held]);
        await say('SET GLOBAL activate_all_roles_on_login = OFF');
      },
    );
  });
});
