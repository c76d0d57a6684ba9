import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createCloudWatch} from '../../lab/aws/cloudwatch.ts';
import {createRds} from '../../lab/aws/rds.ts';
import type {Finding} from '../../src/model/preflight.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';
import {freePort, passwords} from '../lab/mysql/databases.ts';
import {mysqlClients} from '../lab/mysql/server-kinds.ts';
import {clientsWith, schemasOn} from '../steps/aurora/seed-world.ts';
import {openRealServers, pictureOf, type RealServers} from '../steps/mysql/real-servers.ts';

import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

/** The program is started: seconds, on a machine with much else to do. */

let servers: RealServers;
let aws: Started;
let desk: Desk;
let inventory: string;
beforeAll(async () => {
  servers = await openRealServers();
  const rds = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
  aws = await started(rds, createCloudWatch(rds.measure));
  desk = openDesk();
  inventory = join(desk.stateFolder, 'here.yaml');
  writeFileSync(inventory, JSON.stringify({name: 'here', targets: targetsOf(servers)}));
  await servers.begin();
  await servers.databases.aurora.query(
    "CALL mysql.rds_set_configuration('binlog retention hours', 168)",
  );
});
afterAll(async () => {
  await desk?.clear();
  await aws?.[Symbol.asyncDispose]();
  await servers?.close();
});

test('when nothing blocks, it says how much it looked at, and ends with 0', async () => {
  const before = await pictures();
  const ended = await desk.run('preflight', '-i', inventory);
  expect(ended).toMatchObject({code: 0, stderr: ''});
  expect(ended.stdout).toMatch(
    /^Preflight of here: \d+ checks on 3 targets; 0 block, 0 ask, \d warn\n/,
  );
  expect(ended.stdout).toContain('✓ aurora (mysql.aurora): ');
  expect(ended.stdout).toMatch(
    /\n✓ journal \(.*\): \d+ MB free on .*, and a run of 100 entries\s+needs 2\.5 MB\n/s,
  );
  expect(ended.stdout).toContain('No checks for: site.\n');
  expect(await pictures()).toEqual(before);
});

test('what blocks ends it with 3, on the screen and as JSON, with every table', async () => {
  const {source} = servers.databases;
  const tables = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `shop.log_${name}`);
  for (const table of tables) {
    await source.query(`CREATE TABLE ${table} (id INT PRIMARY KEY) ENGINE = MyISAM`);
  }
  const shown = await desk.run('preflight', '-i', inventory);
  const ended = await desk.run('preflight', '-i', inventory, '--json');
  await source.query(`DROP TABLE ${tables.join(', ')}`);
  expect([shown.code, ended.code]).toEqual([3, 3]);
  expect(shown.stdout).toContain('✗ blocks  source  not-innodb');
  const findings: {check: string}[] = lastDocument(ended).findings;
  // Sessions of the test itself may still be there.
  expect(findings.filter(({check}) => check !== 'clients')).toEqual([
    {
      check: 'not-innodb',
      severity: 'blocks',
      target: 'source',
      observed: `6 tables of source are not InnoDB: ${tables
        .slice(0, 5)
        .map((table) => `${table} (MyISAM)`)
        .join(', ')} and 1 more`,
      items: tables.map((table) => `${table} (MyISAM)`),
      consequence:
        'Aurora has no other engine, and neither read_only nor the snapshot of a dump covers tables without transactions.',
      fix: 'ALTER TABLE … ENGINE = InnoDB.',
    },
  ]);
});

test('a server that lets nobody in is in the way, and the others are looked at all the same', async () => {
  const file = join(desk.stateFolder, 'locked.yaml');
  const targets = targetsOf(servers);
  const locked = {...targets, replica: {...targets.replica, password: 'not the password'}};
  writeFileSync(file, JSON.stringify({name: 'here', targets: locked}));
  const ended = await desk.run('preflight', '-i', file, '--json');
  expect(ended.code).toBe(3);
  const document = lastDocument(ended);
  expect(document.findings).toContainEqual({
    check: 'mysql-access-denied',
    severity: 'blocks',
    target: 'replica',
    observed: `replica at 127.0.0.1:${servers.databases.replica.port} refuses the login of the account switcharoo`,
    items: [],
    consequence: 'The other checks of this target were not made.',
    fix: "Check the account's host part and the password that the inventory's entry replica refers to.",
  });
  const made = document.targets.map(({name, checks}: {name: string; checks: number}) => [
    name,
    checks > 0,
  ]);
  expect(made).toEqual([
    ['source', true],
    ['replica', false],
    ['aurora', true],
  ]);
  expect(ended.stdout).not.toContain('not the password');
});

test('each kind of target that cannot be reached is in the way, with what to do', async () => {
  const file = join(desk.stateFolder, 'away.yaml');
  const port = await freePort();
  const account = {endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials};
  const at = `127.0.0.1:${port}`;
  const targets = {
    web: {kind: 'hosts', hosts: [{name: 'web1', address: '127.0.0.1', port, user: 'deploy'}]},
    zone: {kind: 'route53-zone', zoneId: 'Z0AWAY', ...account},
    names: {kind: 'dns', authoritative: [at]},
    old: {kind: 'dns-zone', domain: 'shop.test', servers: [at]},
    service: {kind: 'ecs-service', cluster: 'shop', service: 'shop', ...account},
    balancer: {kind: 'load-balancer', loadBalancer: 'shop', ...account},
    files: {kind: 's3-bucket', bucket: 'shop', ...account},
    registry: {kind: 'ecr-registry', ...account},
    unset: {kind: 's3-bucket', bucket: {env: 'NOT_SET_HERE'}},
    builder: {kind: 'image-builder', folder: desk.stateFolder, program: ['/no/such/engine']},
  };
  writeFileSync(file, JSON.stringify({name: 'away', targets}));
  const ended = await desk.run('preflight', '-i', file, '--json');
  expect(ended.code, ended.stderr).toBe(3);
  const {findings} = lastDocument(ended);
  const found = findings.map((one: Finding) => [one.target, one.check, one.severity].join(' '));
  expect(found.sort()).toEqual([
    'balancer balancer-not-active blocks',
    'builder engine-missing blocks',
    'files bucket-refused blocks',
    'names name-server-silent warns',
    'old zone-not-served blocks',
    'registry registry-refused blocks',
    'service service-not-deployable blocks',
    'unset secret-missing blocks',
    'web host-refused blocks',
    'zone zone-owned-by-service blocks',
  ]);
  expect(findings.filter(({fix}: Finding) => fix === '')).toEqual([]);
});

test('an inventory of which nothing can be checked is not ready', async () => {
  const file = join(desk.stateFolder, 'empty.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      name: 'empty',
      targets: {site: {kind: 'site'}},
      notify: [{name: 'ops', kind: 'webhook', url: 'http://127.0.0.1:9/'}],
    }),
  );
  const ended = await desk.run('preflight', '-i', file);
  expect(ended.code).toBe(3);
  expect(ended.stdout).toContain('nothing-checked');
});

test('again and again, it tells what is new and what is gone, and waits while a run works', async () => {
  const {source} = servers.databases;
  const watching = desk.start('preflight', '-i', inventory, '--every', '500ms');
  await watching.said('Nothing was changed.');
  await source.query('CREATE TABLE shop.log (id INT PRIMARY KEY) ENGINE = MyISAM');
  await watching.said('not-innodb');
  await source.query('DROP TABLE shop.log');
  await watching.said('✓ resolved  source  not-innodb: 1 table of source is not InnoDB');
  await source.session(async (connection) => {
    await connection.query("SELECT GET_LOCK('switcharoo.claim', 0)");
    await watching.said('a run works on source. Nothing is checked until it pauses or ends.');
  });
  watching.child.kill('SIGINT');
  const ended = await watching.ended;
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  // The whole list was printed once.
  expect(ended.stdout.match(/Preflight of here/g)).toHaveLength(1);
});

describe.skipIf(mysqlClients.missing)('--load-schema', () => {
  const tryOn = (folder = mysqlClients.folder) => {
    const targets = targetsOf(servers);
    const file = join(desk.stateFolder, 'tried.yaml');
    const replica = {...targets.replica, clientFolder: folder};
    writeFileSync(file, JSON.stringify({name: 'here', targets: {...targets, replica}}));
    return ['preflight', '-i', file, '--load-schema'] as const;
  };
  const aurora = () => servers.databases.aurora;
  const left = async () => (await schemasOn(aurora())).join();

  test('loads nothing into a server that has data', async () => {
    const ended = await desk.run(...tryOn(), '--json');
    expect(ended.code).toBe(3);
    expect(lastDocument(ended).findings).toContainEqual(
      expect.objectContaining({
        check: 'definitions-refused',
        observed:
          'this could not be checked: aurora is not empty, so nothing was loaded into it: it has 1 schema: shop (2 tables)',
      }),
    );
    expect(await left()).toBe('shop');
    const unknown = await desk.run(...tryOn(), 'nowhere');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/has no target nowhere that --load-schema\s+can\s+use/),
    });
  });

  test('leaves nothing on an empty one, also when it is stopped; killed, it says what it left', async () => {
    await servers.databases.source.query('CREATE PROCEDURE shop.twice() SELECT 2');
    await aurora().session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query('DROP DATABASE shop');
    });
    const shown = await desk.run(...tryOn());
    expect(shown).toMatchObject({code: 0, stderr: ''});
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Nothing was changed, except on aurora: definitions were loaded there and removed again.',
    );
    expect(await left()).toBe('');

    const clients = clientsWith(
      `here=$(dirname "$0")\n"$real" "$@" | while IFS= read -r line; do printf '%s\\n' "$line"; case $line in *'Dumping routines'*) until [ ! -d "$here" ]; do sleep 0.05; done;; esac; done`,
    );
    try {
      const stopped = desk.start(...tryOn(clients.folder));
      await expect.poll(left).toBe('shop,switcharoo');
      stopped.child.kill('SIGINT');
      expect((await stopped.ended).code).not.toBe(0);
      expect(await left()).toBe('');

      const killed = desk.start(...tryOn(clients.folder));
      await expect.poll(left).toBe('shop,switcharoo');
      killed.child.kill('SIGKILL');
      await killed.ended;
    } finally {
      clients.remove();
    }
    const told = lastDocument(await desk.run('preflight', '-i', inventory, '--json'));
    expect(told.findings).toContainEqual(
      expect.objectContaining({
        check: 'schema-load-left',
        observed:
          'aurora has 1 schema of a preflight --load-schema that was killed or is still running: shop',
      }),
    );
    expect(await desk.run(...tryOn())).toMatchObject({code: 0, stderr: ''});
    expect(await left()).toBe('');
  });
});

const pictures = () =>
  Promise.all(
    [servers.databases.source, servers.databases.replica, servers.databases.aurora].map(pictureOf),
  );

function targetsOf({databases}: RealServers) {
  const at = (port: number, user: 'switcharoo' | 'admin') => ({
    host: '127.0.0.1',
    port,
    user,
    password: passwords[user],
    replication: {user: 'repl', password: passwords.repl},
  });
  return {
    source: {kind: 'mysql', ...at(databases.source.port, 'switcharoo')},
    replica: {kind: 'mysql', ...at(databases.replica.port, 'switcharoo')},
    aurora: {
      kind: 'mysql.aurora',
      ...at(databases.aurora.port, 'admin'),
      clusterIdentifier: 'shop',
      endpoint: aws.endpoint.url,
      credentials,
    },
    site: {kind: 'site'},
  };
}
