import {setTimeout as sleep} from 'node:timers/promises';
import {Pool} from 'pg';
import {afterAll, beforeAll, expect} from 'vitest';
import {admit} from '../../src/fleet/admission.ts';
import {approveWave} from '../../src/fleet/approvals.ts';
import {openDatabase} from '../../src/fleet/database.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit, startWave} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {claimOutage, claimUnit, reportEnd} from '../../src/fleet/unit-claims.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {dyingClient} from './dying-client.ts';
import {type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await Promise.all([makeTables(light.database), makeTables(light.database)]);
});
afterAll(() => light?.clear());

function latch() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return {promise, resolve};
}

const start = (fleet: Fleet, wave: string, digest = 'd1') => startLight(light, fleet, wave, digest);

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was thrown',
    (error) => error.problem?.code ?? error,
  );

/** Admits as a runner does; what DBOS would get is remembered. */
async function admitted(fleet: string): Promise<readonly string[]> {
  const errands: string[] = [];
  await admit(light.database, fleet, async (_client, {unit, attempt}) => {
    errands.push(`${unit} ${attempt}`);
  });
  return errands;
}

const claim = (fleet: string, unit: string, {attempt = 1, runner = 'r1', home = 'h1'} = {}) =>
  claimUnit(light.database, {fleet, wave: 'w', unit, attempt}, {runner, home}, () => 'run-1');

beforeAll(async () => {
  for (const [runner, home] of [
    ['r1', 'h1'],
    ['r2', 'h2'],
  ]) {
    await light.database.pool.query(
      `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
       VALUES ($1, $2, 'here', '/state', 'm', 1, '0')`,
      [runner, home],
    );
  }
});

test('a wave is approved by the roles of PostgreSQL that it names, and never by the one that started it', async () => {
  const {pool} = light.database;
  await pool.query("CREATE ROLE kim LOGIN PASSWORD 'k'");
  await pool.query('GRANT USAGE ON SCHEMA switcharoo_fleet TO kim');
  await pool.query('GRANT SELECT ON ALL TABLES IN SCHEMA switcharoo_fleet TO kim');
  await pool.query('GRANT INSERT (fleet, wave, digest) ON switcharoo_fleet.approval TO kim');
  await pool.query(
    'GRANT INSERT (fleet, wave, unit, operator, what, note) ON switcharoo_fleet.event TO kim',
  );
  const fleet = light.fleetOf('agreed', {w: ['one']});
  const wave = {...fleet.waves['w'], approve: {by: ['kim', 'switcharoo'], of: 1}};
  await start({...fleet, waves: {w: wave as Fleet['waves'][string]}}, 'w');
  expect(await admitted('agreed')).toEqual([]);
  const order = {fleet: 'agreed', wave: 'w', operator};
  expect(await codeOf(approveWave(light.database, order))).toBe('fleet-approver-started');

  const url = new URL(light.database.url);
  url.username = 'kim';
  url.password = 'k';
  const kim = new Pool({connectionString: url.href});
  try {
    const forged = `INSERT INTO switcharoo_fleet.approval (fleet, wave, digest, role)
      VALUES ('agreed', 'w', 'd1', 'lee')`;
    await expect(kim.query(forged)).rejects.toThrow('permission denied for table approval');
    const transaction = async <Result>(work: (client: never) => Promise<Result>) =>
      work(kim as never);
    const approved = await approveWave({transaction} as never, {...order, operator: 'kim@desk'});
    expect([approved.isNew, approved.role, approved.wave.approvals.length]).toEqual([
      true,
      'kim',
      1,
    ]);
  } finally {
    await kim.end();
  }
  expect(await admitted('agreed')).toEqual(['one 1']);
});

test('in the PostgreSQL of a state folder, who tries an approval names the approver', async () => {
  const fleet = light.fleetOf('tried', {w: ['one']});
  const wave = {...fleet.waves['w'], approve: {by: ['Lee "the boss"', 'switcharoo'], of: 1}};
  await start({...fleet, waves: {w: wave as Fleet['waves'][string]}}, 'w');
  const approve = (as?: string, database = light.database, digest?: string) =>
    approveWave(database, {fleet: 'tried', wave: 'w', operator, as, digest});
  expect(await codeOf(approve('mallory'))).toBe('fleet-approver-unknown');
  expect(await codeOf(approve('switcharoo'))).toBe('fleet-approver-started');
  const elsewhere = {...light.database, isOwn: false};
  expect(await codeOf(approve('Lee "the boss"', elsewhere))).toBe('fleet-approver-given');
  expect(await admitted('tried')).toEqual([]);
  const other = approve('Lee "the boss"', light.database, 'read elsewhere');
  expect(await codeOf(other)).toBe('fleet-wave-differs');
  const approved = await approve('Lee "the boss"');
  expect([approved.isNew, approved.role, approved.wave.approvals.length]).toEqual([
    ...[true, 'Lee "the boss"', 1],
  ]);
  const {digest} = approved.wave;
  expect((await approve('Lee "the boss"', light.database, digest)).isNew).toBe(false);
  const {rows} = await light.database.pool.query(
    "SELECT role, operator FROM switcharoo_fleet.event WHERE fleet = 'tried' AND what = 'approved'",
  );
  expect(rows).toEqual([{role: 'Lee "the boss"', operator}]);
  expect(await admitted('tried')).toEqual(['one 1']);
});

test('after hold nothing is claimed any more, neither a unit nor an outage', async () => {
  await start(light.fleetOf('stopped', {w: ['a', 'b']}), 'w');
  expect(await admitted('stopped')).toEqual(['a 1', 'b 1']);
  expect((await claim('stopped', 'a'))?.run).toBe('run-1');
  await holdFleet(light.database, {fleet: 'stopped', operator, because: 'a storm'});
  expect(await claim('stopped', 'b')).toBeUndefined();
  const errand = {fleet: 'stopped', wave: 'w', unit: 'a', attempt: 1};
  const refused = await claimOutage(light.database, errand, {runner: 'r1', home: 'h1'});
  expect(refused?.message).toBe('ada@here holds stopped: no outage begins.');
  await releaseFleet(light.database, {fleet: 'stopped', operator});
  expect(await claimOutage(light.database, errand, {runner: 'r1', home: 'h1'})).toBeUndefined();
  expect(await admitted('stopped')).toEqual(['b 2']);
});

test('hold waits for a claim that is being written', async () => {
  await start(light.fleetOf('raced', {w: ['a']}), 'w');
  await admitted('raced');
  const order: string[] = [];
  const gate = latch();
  const locked = latch();
  const claiming = light.database.transaction(async (client) => {
    await client.query("SELECT 1 FROM switcharoo_fleet.fleet WHERE fleet = 'raced' FOR SHARE");
    locked.resolve();
    await gate.promise;
    order.push('claimed');
  });
  await locked.promise;
  const holding = holdFleet(light.database, {fleet: 'raced', operator, because: undefined}).then(
    () => order.push('held'),
  );
  await sleep(100);
  expect(order).toEqual([]);
  gate.resolve();
  await Promise.all([claiming, holding]);
  expect(order).toEqual(['claimed', 'held']);
});

test('only the runner that has a unit writes how it ended, and only once', async () => {
  await start(light.fleetOf('fenced', {w: ['a']}), 'w');
  await admitted('fenced');
  await claim('fenced', 'a');
  const errand = {fleet: 'fenced', wave: 'w', unit: 'a', attempt: 1};
  const end = {status: 'done', problem: null, changes: 0, inOutage: false} as const;
  const {pool} = light.database;
  expect(await reportEnd(pool, errand, {runner: 'r2', home: 'h2'}, end)).toBe(false);
  expect(await reportEnd(pool, {...errand, attempt: 2}, {runner: 'r1', home: 'h1'}, end)).toBe(
    false,
  );
  expect(await reportEnd(pool, errand, {runner: 'r1', home: 'h1'}, end)).toBe(true);
  expect(await reportEnd(pool, errand, {runner: 'r1', home: 'h1'}, end)).toBe(false);
  expect(await claim('fenced', 'a')).toBeUndefined();
});

test('a person resumes or leaves out what failed, and never what runs or has changes in place', async () => {
  await start(light.fleetOf('decided', {w: ['a', 'b'], later: ['c']}), 'w');
  await admitted('decided');
  await claim('decided', 'a');
  await claim('decided', 'b');
  const decide = {fleet: 'decided', operator};
  const leave = (unit: string) =>
    codeOf(leaveOut(light.database, {...decide, unit, because: 'moves in May'}));
  expect(await leave('a')).toBe('fleet-unit-not-decidable');
  expect(await codeOf(resumeUnit(light.database, {...decide, unit: 'a'}))).toBe(
    'fleet-unit-not-decidable',
  );
  const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};
  const {pool} = light.database;
  const errand = {fleet: 'decided', wave: 'w', attempt: 1};
  const claimant = {runner: 'r1', home: 'h1'};
  const end = {status: 'offered', problem, changes: 2, inOutage: true} as const;
  await reportEnd(pool, {...errand, unit: 'a'}, claimant, end);
  await reportEnd(pool, {...errand, unit: 'b'}, claimant, {
    ...{status: 'failed', problem, changes: 0, inOutage: false},
  });
  expect(await leave('a')).toBe('fleet-unit-not-decidable');
  expect(await leave('b')).toBe('nothing was thrown');
  await resumeUnit(light.database, {...decide, unit: 'a'});
  const units = await unitsIn(pool, 'decided');
  expect(units.map(({unit, status, byPerson}) => [unit, status, byPerson])).toEqual([
    ['a', 'waiting', true],
    ['b', 'left-out', false],
  ]);
  const {rows} = await pool.query(
    "SELECT unit, what, note, role FROM switcharoo_fleet.event WHERE fleet = 'decided' ORDER BY id",
  );
  expect(rows.map(({unit, what, note}) => [unit, what, note])).toEqual([
    [null, 'started', 'd1'],
    ['b', 'left out', 'moves in May'],
    ['a', 'resumed', null],
  ]);
  const status = await fleetStatus(light.database, 'decided');
  expect(status.waves[0]?.units.map(({unit, waitsFor}) => [unit, waitsFor])).toEqual([
    ['a', 'a runner with the state folder /state on here'],
    ['b', null],
  ]);
});

test('a wave that was started stays as it was started', async () => {
  const fleet = light.fleetOf('kept', {w: ['a']});
  await start(fleet, 'w');
  expect(await codeOf(start(fleet, 'w', 'd2'))).toBe('fleet-wave-changed');
});

test('a start that dies at any point has written down all units of its wave, or none', async () => {
  const counts = new Set<string>();
  const dieAt = async (after: number, isDone: boolean): Promise<boolean> => {
    const name = `torn-${after}-${isDone}`;
    const fleet = light.fleetOf(name, {w: ['a', 'b']});
    const proxy = await dyingClient(light.database.url, {after, isDone, dies: () => {}});
    const started = async () => {
      const database = await openDatabase('', proxy.url);
      await startWave(database, {
        ...{fleet, wave: 'w', operator, digest: 'd1', units: light.started(fleet, 'w')},
      }).finally(() => database.close());
    };
    const isHeard = await started().then(
      () => true,
      () => false,
    );
    await proxy.close();
    const {rows} = await light.database.pool.query(
      `SELECT (SELECT count(*) FROM switcharoo_fleet.wave WHERE fleet = $1)::int AS waves,
         (SELECT count(*) FROM switcharoo_fleet.unit WHERE fleet = $1)::int AS units,
         (SELECT count(*) FROM switcharoo_fleet.event WHERE fleet = $1)::int AS events`,
      [name],
    );
    counts.add(JSON.stringify(rows[0]));
    expect((await start(fleet, 'w')).isNew, name).toBe(rows[0].waves === 0);
    return proxy.sent() < after && isHeard;
  };
  let points = 0;
  while (!(await dieAt(points + 1, false)) && !(await dieAt(points + 1, true))) {
    points += 1;
  }
  // To let it in, to begin, to write four times what is read between, and to commit.
  expect(points).toBeGreaterThan(12);
  expect([...counts].sort()).toEqual([
    '{"waves":0,"units":0,"events":0}',
    '{"waves":1,"units":2,"events":1}',
  ]);
});
