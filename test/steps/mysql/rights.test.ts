import {describe, expect, test} from 'vitest';
import {grantedBy, privilegesIn} from '../../../steps/mysql/rights.ts';
import {mysqlServer} from '../../../steps/mysql/server.ts';
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
    const need = 'CONNECTION_ADMIN (SUPER before 8.0): writes while it is fenced';
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
  const {byScope, hasRoles} = grantedBy([
    "GRANT PROCESS, SUPER ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*23AE809DDACAF96AF0FD78ED04B6A265E05AA257'",
    "GRANT SELECT, INSERT (name, price) ON `shop\\_eu`.* TO 'a'@'%'",
    'GRANT `reader`@`%` TO `a`@`%`',
  ]);
  expect([...byScope].map(([scope, privileges]) => [scope, [...privileges]])).toEqual([
    ['*.*', ['PROCESS', 'SUPER']],
    ['`shop_eu`.*', ['SELECT', 'INSERT (columns)']],
  ]);
  expect(hasRoles).toBe(true);
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
      held: ['REPLICATION CLIENT ON *.*', 'SELECT ON `shop`.*', 'SELECT ON `mysql`.*'].map(
        (need) => ({need, is: 'missing', says: 'SHOW GRANTS does not list it'}),
      ),
    });
    for (const grant of before?.grants ?? []) {
      if (grant.form === 'statement') {
        await on.database.query(grant.text);
      }
    }
    expect((await rightsOf('poor', 'p'))?.held.map(({is}) => is)).toEqual(['held', 'held', 'held']);
  });

  test('that cannot log in gets its statements all the same, and nothing is claimed of it', async () => {
    const rights = await rightsOf('nobody', 'wrong');
    expect(rights?.account).toBeNull();
    expect(rights?.grants[0]).toEqual({
      form: 'statement',
      text: "GRANT REPLICATION CLIENT ON *.* TO 'nobody'@'%';",
    });
    expect(rights?.held.map(({is}) => is)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});
