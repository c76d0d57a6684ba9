import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {clientVersionOf, findPrograms} from '../../../steps/mysql/copy/programs.ts';
import {versionOf} from '../../../steps/mysql/dialect/version.ts';
import {mysqlClients, old} from '../../lab/mysql/server-kinds.ts';
import {lookOf, reverse, run, settled} from '../mysql/placed-unit.ts';
import {openSeedWorld, type SeedWorld, schemasOn} from './seed-world.ts';

const missing = old.missing ?? mysqlClients.missing;
if (missing) {
  console.warn(`SKIPPED: what is in the way of a first copy: ${missing}`);
}

describe.skipIf(missing)('what is in the way of a first copy', () => {
  let world: SeedWorld;
  beforeAll(async () => {
    world = await openSeedWorld();
  });
  beforeEach(() => world.empty());
  afterAll(() => world?.close());

  const aurora = () => world.databases.aurora;
  const replica = () => world.databases.replica;
  /** On one server alone, past its log. */
  const alone = (server: typeof aurora, ...statements: readonly string[]) =>
    server().session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      for (const statement of statements) {
        await connection.query(statement);
      }
    });
  const verdict = async (folder?: string, input?: object) =>
    settled(await world.placed(folder, input));

  test('data on Aurora that this run did not create, and an empty schema of the same name', async () => {
    await alone(
      aurora,
      'CREATE DATABASE mine',
      'CREATE TABLE mine.t (id INT)',
      'CREATE DATABASE shop',
    );
    expect(await verdict()).toEqual({
      kind: 'blocked',
      reason:
        'aurora is not empty: it has 2 schemas: mine (1 table), shop (empty), and this run did not create that.',
      hint: 'A copy is made on an empty cluster only: drop the content. If it is an earlier copy, leave this entry out and continue from its position.',
    });
    expect(await schemasOn(aurora())).toEqual(['mine', 'shop']);
  });

  test('what came between the plan and its first action', async () => {
    const placed = await world.placed();
    const {unit} = placed;
    const actions = unit.kind === 'step' ? await unit.plan(lookOf(placed), {executing: true}) : [];
    await alone(aurora, 'CREATE DATABASE mine', 'CREATE TABLE mine.t (id INT)');
    await expect(
      actions[0]?.perform(placed.on['aurora']?.writer, new AbortController().signal, () => {}),
    ).rejects.toThrow(
      'aurora now has 1 schema: mine (1 table), but a copy needs an empty cluster.',
    );
    expect(await schemasOn(aurora())).toEqual(['mine']);
  });

  test('a definer that does not exist on Aurora', async () => {
    await alone(aurora, "RENAME USER shop@'%' TO shop@'10.0.0.1'");
    const found = await verdict();
    await alone(aurora, "RENAME USER shop@'10.0.0.1' TO shop@'%'");
    expect(found).toMatchObject({
      reason:
        'There are 4 objects (event proof.clean_log (shop@%), procedure proof.count_people (shop@%), trigger proof.number_codes (shop@%), view proof.active_people (shop@%)) of db2 with a definer that does not exist on aurora.',
      hint: 'Create the account on aurora (it need not be able to log in), or change the definer on the source. A dump copies no accounts.',
    });
  });

  test('definers for which the account on Aurora may not create objects', async () => {
    await alone(aurora, "REVOKE SUPER ON *.* FROM admin@'%'");
    const found = await verdict();
    const without = await verdict(undefined, {schemas: ['shop']});
    await alone(aurora, "GRANT SUPER ON *.* TO admin@'%'");
    expect(found).toMatchObject({
      reason: expect.stringMatching(
        /^There are 4 objects \(.*\) of db2 with another definer than admin@%, which may not create objects for others on aurora\.$/,
      ),
    });
    expect(without).toMatchObject({kind: 'pending'});
  });

  test('triggers on an Aurora that does not trust function creators', async () => {
    await alone(
      aurora,
      "REVOKE SUPER ON *.* FROM admin@'%'",
      'SET GLOBAL log_bin_trust_function_creators = OFF',
    );
    const found = await verdict();
    await alone(
      aurora,
      "GRANT SUPER ON *.* TO admin@'%'",
      'SET GLOBAL log_bin_trust_function_creators = ON',
    );
    expect(found).toMatchObject({
      reason:
        'There is 1 object (trigger proof.number_codes (shop@%)) of db2 that cannot be created on aurora: it writes a binary log, and log_bin_trust_function_creators is OFF.',
    });
  });

  test('an event that is enabled on the replica, and would run on Aurora too', async () => {
    await alone(replica, 'ALTER EVENT proof.clean_log ENABLE');
    const found = await verdict();
    await alone(replica, 'ALTER EVENT proof.clean_log DISABLE ON SLAVE');
    expect(found).toMatchObject({
      reason:
        'There is 1 event (proof.clean_log) of db2 that is enabled, and would run on aurora as well as on the source.',
    });
  });

  test('no dump client', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'switcharoo-none-'));
    const found = await verdict(empty);
    rmSync(empty, {recursive: true});
    expect(found).toEqual({
      kind: 'blocked',
      reason:
        'No dump client on this machine suits db2 (5.6.24-log): neither mysqldump nor mariadb-dump is installed, with its mysql or mariadb.',
      hint: "Install MySQL's own client, as new as the server or newer (mysqldump and mysql; for MariaDB mariadb-dump and mariadb), or set clientFolder of db2 in the inventory.",
    });
  });

  test('a replica that follows nobody, and one whose replication is broken', async () => {
    const {stopExecuting, startExecuting} = statementsOf(replica().brand);
    await alone(replica, stopExecuting);
    expect(await verdict()).toMatchObject({kind: 'pending', before: {executing: false}});
    await alone(replica, 'CREATE TABLE shop.broken (id INT)', startExecuting);
    await world.databases.source.query('CREATE TABLE shop.broken (id INT)');
    let found = await verdict();
    while (found.kind !== 'blocked') {
      found = await verdict();
    }
    await alone(replica, 'DROP TABLE shop.broken', startExecuting);
    await world.databases.source.query('DROP TABLE shop.broken');
    expect(found.reason).toMatch(
      /^db2 does not replicate: .*already exists.* \(SQL errno 1050\)\.$/,
    );
  });

  test('a replica that was not executing before is left so', async () => {
    await alone(replica, statementsOf(replica().brand).stopExecuting);
    const placed = await world.placed();
    const {before} = await run(placed);
    expect(await world.picture()).toMatchObject({replica: 'No'});
    expect(await reverse(placed, before)).toMatchObject({kind: 'pending', before});
    expect(await world.picture()).toMatchObject({replica: 'No'});
  });

  test('FLOAT digits that cannot be copied are reported', async () => {
    await world.databases.source.query('CREATE TABLE proof.loose (f FLOAT)');
    await world.empty();
    const placed = await world.placed();
    const {before} = await run(placed);
    expect(await settled(placed, true)).toMatchObject({
      kind: 'done',
      remarks: [
        '1 FLOAT column has six digits of each value on Aurora (proof.loose.f): a dump has no more, and without a key, or with a trigger on UPDATE, the others cannot be added. mysql.verify-data lists the rows that differ.',
      ],
    });
    await world.databases.source.query('DROP TABLE proof.loose');
    await reverse(placed, before);
  });

  test('a copy of another run is neither taken over nor dropped', async () => {
    const placed = await world.placed();
    const {before} = await run(placed);
    await aurora().query("UPDATE switcharoo.seed SET run = 'r-earlier'");
    const blocked = {
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora has a copy that seed of run r-earlier made at mysql-bin\.\d+:\d+\.$/,
      ),
    };
    expect(await settled(placed)).toMatchObject(blocked);
    expect(await reverse(placed, before)).toMatchObject(blocked);
    expect(await schemasOn(aurora())).toEqual(['proof', 'shop', 'switcharoo']);
  });

  test('nothing is dropped while a client is connected, or after reverse replication was set up', async () => {
    const placed = await world.placed();
    const {before} = await run(placed);
    const client = await world.databases.connect(aurora(), 'shop');
    expect(await reverse(placed, before)).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora is in use, so the copy of db2 is not dropped: 1 client is connected, such as session \d+ of shop@127\.0\.0\.1:\d+\.$/,
      ),
    });
    client.destroy();
    const key = {run: 'r-cutover', entry: 'reverse-replication'};
    await world.aurora.writer.writeSentinel(key, new AbortController().signal);
    let found = await reverse(placed, before);
    // A connection that was closed here is a session there for another moment.
    while (found.kind === 'blocked' && found.reason.includes('client')) {
      found = await reverse(placed, before);
    }
    expect(found).toMatchObject({
      reason:
        'aurora is in use, so the copy of db2 is not dropped: reverse replication was set up there (switcharoo.sentinel has a row), so it has taken over.',
    });
    expect(await schemasOn(aurora())).toEqual(['proof', 'shop', 'switcharoo']);
  });
});

test('a dump client of MariaDB is not let near MySQL, and one of MySQL not near a newer one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-clients-'));
  const put = (name: string, says: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`, {mode: 0o755});
  put('mysqldump', 'mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)');
  put('mysql', '');
  put(
    'mariadb-dump',
    'mariadb-dump from 11.8.3-MariaDB, client 10.19 for debian-linux-gnu (x86_64)',
  );
  put('mariadb', '');
  const chosen = await Promise.all(
    ['5.6.24-log', '8.0.36', '8.4.2', '10.11.6-MariaDB'].map(async (version) => {
      const {suitable: suits} = await findPrograms(versionOf(version), folder);
      return `${version}: ${suits?.name}`;
    }),
  );
  rmSync(folder, {recursive: true});
  expect(chosen).toEqual([
    '5.6.24-log: mysqldump 8.0.36',
    '8.0.36: mysqldump 8.0.36',
    '8.4.2: undefined',
    '10.11.6-MariaDB: mariadb-dump 11.8.3-MariaDB',
  ]);
});

test('every form in which a dump client tells its version is read', () => {
  const forms = [
    ['mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))', 907, false],
    ['mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)', 800, false],
    ['mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)', 507, false],
    ['mariadb-dump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)', 1011, true],
    ['mariadb-dump from 11.8.3-MariaDB, client 10.19 for debian-linux-gnu (x86_64)', 1108, true],
  ] as const;
  for (const [says, series, isMariaDb] of forms) {
    expect(clientVersionOf(says)).toMatchObject({series, isMariaDb});
  }
  expect(clientVersionOf('no such program')).toBeUndefined();
});
