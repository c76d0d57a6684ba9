import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {holdWholeFleet} from '../../src/cli/actions/fleet-orders.ts';
import {openApp} from '../../src/cli/app.ts';
import {admit} from '../../src/fleet/admission.ts';
import {readByHand} from '../../src/fleet/by-hand.ts';
import {ForgottenRuns} from '../../src/fleet/forgotten-runs.ts';
import {homeOf} from '../../src/fleet/home.ts';
import {holdFleet, leaveOut, releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {unitsIn} from '../../src/fleet/rows.ts';
import {fleetStatus} from '../../src/fleet/status.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {reopenRun} from '../../src/run/open-run.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {operator, serveLight, startLight} from './light-runner.ts';
import {test} from './with-postgres.ts';

// A person continues the run of a unit by hand, with `resume RUN` on the host that has its journal.

let light: LightFleet;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
});
afterAll(() => light?.clear());

const query = (text: string, values: readonly unknown[] = []) =>
  light.database.pool.query(text, [...values]);

/** What `fleet hold` says of a fleet that is held. */
async function heldAgain(fleet: string): Promise<string> {
  const lines: string[] = [];
  const opened = openApp({stateDir: light.stateFolder, json: false});
  const say = (text: string) => lines.push(text);
  vi.stubEnv('DATABASE_URL', light.database.url);
  await holdWholeFleet(
    {...opened, terminal: false, say, waiting: () => {}},
    {fleet, because: undefined},
  );
  vi.unstubAllEnvs();
  return lines.join('\n');
}

const unitIn = async (fleet: string) => (await unitsIn(light.database.pool, fleet))[0];

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await sleep(20);
  }
}

/** A unit that a hold has paused before its outage. */
async function paused(fleet: string, unit: string, params = {}): Promise<void> {
  await startLight(light, light.fleetOf(fleet, {w: [unit]}, {prepareSeconds: 1, ...params}), 'w');
  const served = serveLight(light);
  await until(async () => (await unitIn(fleet))?.phase === 'Prepare');
  await holdFleet(light.database, {fleet, operator, because: undefined});
  await served;
}

/** As a runner of its state folder, each second. */
const read = () => {
  const host = hostOf(light.stateFolder);
  return readByHand({home: homeOf(host.state), host, database: light.database, say: () => {}});
};

/** `to`: the checkpoint at which it is told to end. */
const reopened = async (fleet: string, to?: string) =>
  reopenRun(
    {run: (await unitIn(fleet))?.run ?? '', yes: true, ...(to ? {until: to} : {})},
    hostOf(light.stateFolder),
  );

const seen = async (fleet: string) => {
  await read();
  const {status, inOutage, byPerson, problem} = (await unitIn(fleet)) ?? {};
  return [status, inOutage, byPerson, problem?.code ?? null];
};

test('a run that a person continues by hand is seen while it works: its changes, and its outage', async () => {
  await paused('hand', 'owned', {outageSeconds: 3});
  // An order from before a person took it in hand.
  await query("UPDATE switcharoo_fleet.unit SET by_person = true WHERE fleet = 'hand'");
  const run = await reopened('hand');
  const ended = run.forward(await run.plan());
  await until(async () => existsSync(join(light.serviceFolder('owned'), 'frozen')));
  expect(await seen('hand')).toEqual(['waiting', true, false, 'fleet-run-by-hand']);
  expect((await unitIn('hand'))?.changes).toBeGreaterThan(0);
  // Nobody need decide about it meanwhile.
  await query("UPDATE switcharoo_fleet.unit SET status = 'offered' WHERE fleet = 'hand'");
  expect((await heldAgain('hand')).split('\n')).toContain(
    'In an outage, and continued by hand: owned.',
  );
  await ended;
  await run.close();
  expect(await seen('hand')).toEqual(['done', false, false, null]);
});

test('a unit that somebody continues by hand is neither left out, resumed nor begun by a runner', async () => {
  await paused('owner', 'kept', {outageSeconds: 3});
  const run = await reopened('owner');
  const ended = run.forward(await run.plan());
  await until(async () => existsSync(join(light.serviceFolder('kept'), 'frozen')));
  await read();
  const order = {fleet: 'owner', unit: 'kept', operator};
  const worker = (await unitIn('owner'))?.problem?.message ?? '';
  const refused = (what: string) => ({
    problem: {
      code: 'fleet-unit-not-decidable',
      message: `kept cannot be ${what} now. ${worker}`,
      hint: {command: `watch ${run.name}`},
    },
  });
  const leaving = leaveOut(light.database, {...order, because: 'it moves in May'});
  await expect(leaving).rejects.toMatchObject(refused('left out'));
  await expect(resumeUnit(light.database, order)).rejects.toMatchObject(refused('resumed'));
  await releaseFleet(light.database, {fleet: 'owner', operator});
  expect(await admit(light.database, 'owner', async () => {})).toEqual([]);
  const [unit] = (await fleetStatus(light.database, 'owner')).waves[0]?.units ?? [];
  expect([unit?.status, unit?.waitReason, unit?.waitsFor]).toEqual([
    ...['waiting', 'by-hand', 'the process that continues it by hand'],
  ]);
  await ended;
  await run.close();
  expect(await seen('owner')).toEqual(['done', false, false, null]);
});

test('a unit whose run a person stopped at a checkpoint by hand waits for a person, not for the hold', async () => {
  await paused('stopped', 'halted');
  const run = await reopened('stopped', 'prepared');
  expect((await run.forward(await run.plan())).kind).toBe('reached');
  await run.close();
  // No runner saw that process.
  expect(await seen('stopped')).toEqual(['offered', false, false, 'fleet-run-left-by-hand']);
  await releaseFleet(light.database, {fleet: 'stopped', operator});
  await serveLight(light);
  expect([(await unitIn('stopped'))?.status, light.cutovers('halted')]).toEqual(['offered', []]);
  await resumeUnit(light.database, {fleet: 'stopped', unit: 'halted', operator});
  await serveLight(light);
  expect([(await unitIn('stopped'))?.status, light.cutovers('halted')]).toEqual([
    ...['done', ['cutover']],
  ]);
});

test('what a person ordered earlier no longer counts once a run was continued and left by hand', async () => {
  await paused('left', 'leaving');
  await query("UPDATE switcharoo_fleet.unit SET by_person = true WHERE fleet = 'left'");
  const run = await reopened('left', 'prepared');
  await run.forward(await run.plan());
  expect(await seen('left')).toEqual(['waiting', false, false, 'fleet-run-by-hand']);
  await run.close();
  expect(await seen('left')).toEqual(['offered', false, false, 'fleet-run-left-by-hand']);
});

test('a unit whose run a person reversed by hand begins again only when a person says so', async () => {
  await paused('reversing', 'reversed');
  const run = await reopened('reversing');
  await run.reverse(await run.planReversal(null));
  await run.close();
  expect(await seen('reversing')).toEqual(['failed', false, false, 'fleet-run-reversed']);
});

test.each([
  ['reversed', ['failed', false, false, 'fleet-run-reversed'], ['cutover', 'reversal']],
  ['left in its outage', ['offered', true, false, 'action-failed'], []],
] as const)(
  'an order from before a run was %s by hand, seen by no runner, no longer counts',
  async (what, then, lines) => {
    const [fleet, unit] = what === 'reversed' ? ['undone', 'undoing'] : ['halfway', 'halting'];
    await paused(fleet, unit, {breaks: what === 'reversed' ? 'none' : 'switch'});
    // No runner is there: the row has the changes of the pause, and the order.
    await resumeUnit(light.database, {fleet, unit, operator});
    await releaseFleet(light.database, {fleet, operator});
    if (what !== 'reversed') {
      writeFileSync(join(light.serviceFolder(unit), 'broken'), '');
      writeFileSync(join(light.serviceFolder(unit), 'stuck'), '');
    }
    const run = await reopened(fleet);
    await run.forward(await run.plan());
    if (what === 'reversed') {
      await run.reverse(await run.planReversal(null));
    }
    await run.close();
    // A runner that takes it from the queue before it has read the journals.
    const row = await unitIn(fleet);
    const begins = () =>
      row && new ForgottenRuns(hostOf(light.stateFolder)).nameRun({fleet, unit}, row);
    expect(begins).toThrow(
      expect.objectContaining({problem: expect.objectContaining({code: then[3]})}),
    );
    await serveLight(light);
    const {status, inOutage, byPerson, problem} = (await unitIn(fleet)) ?? {};
    expect([status, inOutage, byPerson, problem?.code ?? null]).toEqual(then);
    expect(light.cutovers(unit)).toEqual(lines);
  },
);
