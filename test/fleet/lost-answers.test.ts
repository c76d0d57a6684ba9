import {Client} from 'pg';
import {afterAll, beforeAll, expect} from 'vitest';
import {admit} from '../../src/fleet/admission.ts';
import {isMistake, isUnreached} from '../../src/fleet/error-chain.ts';
import {holdFleet, leaveOut} from '../../src/fleet/orders.ts';
import {inWords} from '../../src/fleet/postgres-problems.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {takeUpLost} from '../../src/fleet/take-up.ts';
import {
  claimOutage,
  claimUnit,
  mayBeginNow,
  refuseUnit,
  reportEnd,
} from '../../src/fleet/unit-claims.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// What is written of a unit when PostgreSQL, a runner, or its network does not answer.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  await query(
    `INSERT INTO switcharoo_fleet.runner (runner, home, host, folder, machine, pid, version)
     VALUES ('r1', 'h1', 'here', '/state', 'm', 1, '0'), ('r2', 'h2', 'there', '/state', 'n', 1, '0')`,
  );
});
afterAll(() => light?.clear());

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

const start = (name: string, units: readonly string[], params = {}) =>
  startLight(light, light.fleetOf(name, {w: units}, params), 'w');

async function admitted(name: string, units: readonly string[]) {
  await start(name, units);
  await admit(light.database, name, async () => {});
}

const errandOf = (fleet: string, unit = 'a') => ({fleet, wave: 'w', unit, attempt: 1});

const r1 = {runner: 'r1', home: 'h1'};
const claim = (errand: Parameters<typeof claimUnit>[1], run = 'run-1', claimant = r1) =>
  claimUnit(light.database, errand, claimant, () => run);

const unitIn = async (fleet: string, name: string) =>
  (await unitsIn(light.database.pool, fleet)).find(({unit}) => unit === name);

const problem = {code: 'entry-blocked', message: 'It is blocked.', hint: 'Look.'};
const silent = {code: 'fleet-runner-silent', message: 'It is silent.', hint: 'Look there.'};
const offerAsSilent = (fleet: string) =>
  query("UPDATE switcharoo_fleet.unit SET status = 'offered', problem = $2 WHERE fleet = $1", [
    fleet,
    JSON.stringify(silent),
  ]);

test('what was admitted before a unit failed does not begin after it', async () => {
  await admitted('stopped', ['a', 'b']);
  const [a, b] = [errandOf('stopped'), errandOf('stopped', 'b')];
  await claim(a);
  const end = {status: 'failed', problem, changes: 0, inOutage: false} as const;
  await reportEnd(light.database.pool, a, r1, end);
  expect(await claim(b)).toBeUndefined();
  expect((await unitIn('stopped', 'b'))?.status).toBe('waiting');
});

test('a runner that did not hear that it has a unit asks again, and has it', async () => {
  await admitted('unheard', ['a']);
  const a = errandOf('unheard');
  expect((await claim(a, 'run-1'))?.run).toBe('run-1');
  expect(await claim(a, 'run-2')).toMatchObject({run: 'run-1', startedBy: operator});
  expect(await claim(a, 'run-3', {runner: 'r2', home: 'h1'})).toBeUndefined();
});

test('a unit that its own runner no longer works on is taken up again', async () => {
  await admitted('dropped', ['a']);
  const a = errandOf('dropped');
  await claim(a);
  const around = {
    ...{...r1, host: hostOf(light.stateFolder), database: light.database},
    dispatcher: {cancel: async () => {}, statesOf: () => Promise.reject(new Error('not asked'))},
    missedSince: new Map(),
    heardSeconds: 61,
    say: () => {},
  };
  await takeUpLost({...around, isUnderWay: ({fleet}) => fleet === 'dropped'});
  expect((await unitIn('dropped', 'a'))?.status).toBe('running');
  await takeUpLost({...around, isUnderWay: () => false});
  expect((await unitIn('dropped', 'a'))?.status).toBe('waiting');
});

test('a unit that was offered while its runner was cut off is not left out, and goes on with that runner', async () => {
  await admitted('cut', ['a']);
  const a = errandOf('cut');
  await claim(a);
  await offerAsSilent('cut');
  const order = {fleet: 'cut', unit: 'a', operator, because: 'no time'};
  await expect(leaveOut(light.database, order)).rejects.toThrow(
    'a may have changes in place, and only its journal says so. It is silent.',
  );
  const mayBegin = async () => {
    const row = await unitIn('cut', 'a');
    return row && mayBeginNow(light.database, a, r1, row);
  };
  expect(await mayBegin()).toBe(true);
  expect(await claimOutage(light.database, a, r1)).toBeUndefined();
  const claimed = await unitIn('cut', 'a');
  expect([claimed?.status, claimed?.problem, claimed?.inOutage]).toEqual(['running', null, true]);

  await reportEnd(light.database.pool, a, r1, {
    ...{status: 'offered', problem, changes: 0, inOutage: true},
  });
  await expect(leaveOut(light.database, order)).rejects.toThrow(
    'a needs a person, in its outage, and cannot be left out.',
  );
  expect(await mayBegin()).toBe(false);
});

test('a problem that quotes bytes of any kind is written', async () => {
  await admitted('bytes', ['a']);
  const a = errandOf('bytes');
  const message = 'It answered \u0000 and \ud800.';
  await refuseUnit(light.database.pool, a, {...problem, message});
  expect((await unitIn('bytes', 'a'))?.problem?.message).toBe('It answered  and \ufffd.');
});

test('errors that may end are asked again, and mistakes are not', async () => {
  const thrown = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'nothing',
      (error) => error,
    );
  const connect = (url: string) => {
    const client = new Client({connectionString: url});
    return thrown(client.connect().finally(() => client.end()));
  };
  const other = new URL(light.database.url);
  other.password = 'another';
  const elsewhere = new URL(light.database.url);
  elsewhere.hostname = 'postgres.invalid';
  const mayEnd = await Promise.all([
    thrown(query('DO $$ BEGIN RAISE read_only_sql_transaction; END $$')),
    thrown(query('DO $$ BEGIN RAISE disk_full; END $$')),
    thrown(query('SET statement_timeout = 5; SELECT pg_sleep(1)')),
    connect(other.href),
    connect(elsewhere.href),
  ]);
  expect(mayEnd.map((error) => [isUnreached(error), isMistake(error)])).toEqual(
    mayEnd.map(() => [true, false]),
  );
  const mistakes = [
    await thrown(query('SELECT 1 / 0')),
    await thrown(query('SELECT * FROM nothing')),
    new TypeError('undefined is not a function'),
  ];
  expect(mistakes.map((error) => [isUnreached(error), isMistake(error)])).toEqual(
    mistakes.map(() => [false, true]),
  );
  const unknown = new Error('something else');
  expect([isUnreached(unknown), isMistake(unknown)]).toEqual([false, false]);
});

test('what PostgreSQL answers is told with what to do next', async () => {
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'nothing was thrown',
      (error) => (inWords(error, 'db1/fleet') as {problem?: {code: string}}).problem?.code ?? error,
    );
  const raise = (condition: string) =>
    codeOf(query(`DO $$ BEGIN RAISE ${condition}; END $$`)).then((code) => `${condition}: ${code}`);
  const connect = (change: (url: URL) => void) => {
    const url = new URL(light.database.url);
    change(url);
    const client = new Client({connectionString: url.href});
    return codeOf(client.connect().finally(() => client.end()));
  };
  const conditions = ['query_canceled', 'idle_in_transaction_session_timeout', 'disk_full'];
  const conflicts = ['serialization_failure', 'deadlock_detected', 'too_many_connections'];
  const others = ['insufficient_privilege', 'undefined_table', 'undefined_column'];
  const ends = ['read_only_sql_transaction', 'admin_shutdown', 'division_by_zero'];
  const answers = await Promise.all([...conditions, ...conflicts, ...others, ...ends].map(raise));
  expect(answers.slice(0, -1)).toEqual([
    'query_canceled: fleet-postgres-too-slow',
    'idle_in_transaction_session_timeout: fleet-postgres-transaction-ended',
    'disk_full: fleet-postgres-full',
    'serialization_failure: fleet-postgres-conflict',
    'deadlock_detected: fleet-postgres-conflict',
    'too_many_connections: fleet-postgres-connections',
    'insufficient_privilege: fleet-postgres-right-missing',
    'undefined_table: fleet-tables-unknown',
    'undefined_column: fleet-tables-unknown',
    'read_only_sql_transaction: fleet-postgres-read-only',
    'admin_shutdown: fleet-postgres-not-reached',
  ]);
  expect(answers.at(-1)).not.toContain('fleet-');
  expect(
    await Promise.all([
      connect((url) => {
        url.password = 'another';
      }),
      connect((url) => {
        url.pathname = '/nothing';
      }),
      connect((url) => {
        url.port = '1';
      }),
    ]),
  ).toEqual([
    'fleet-postgres-login-refused',
    'fleet-postgres-database-missing',
    'fleet-postgres-not-reached',
  ]);
});

test('a process that is stopped in a transaction does not keep a hold waiting', async () => {
  await start('frozen', ['a']);
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let hasLock = () => {};
  const locked = new Promise<void>((resolve) => {
    hasLock = resolve;
  });
  const stopped = light.database
    .transaction(async (client) => {
      await client.query("SELECT FROM switcharoo_fleet.fleet WHERE fleet = 'frozen' FOR UPDATE");
      hasLock();
      await gate;
      await client.query('SELECT 1');
    })
    .catch((error) => error);
  await locked;
  const order = {fleet: 'frozen', operator, because: undefined};
  expect((await holdFleet(light.database, order)).isNew).toBe(true);
  goOn();
  expect(isUnreached(await stopped)).toBe(true);
});
