import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type Desk, lastDocument, openDesk} from '../cli/switcharoo.ts';
import {hostOf, type LightFleet, openLightFleet} from './light-fleet.ts';
import {startLight} from './light-runner.ts';
import {resumedAlone} from './resumed-alone.ts';
import {test} from './with-postgres.ts';

// Nothing continues in an outage by itself: the only runner is killed there, and the next one starts.

let light: LightFleet;
let desk: Desk;
beforeAll(async () => {
  light = await openLightFleet();
  await makeTables(light.database);
  vi.stubEnv('DATABASE_URL', light.database.url);
  desk = openDesk();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  desk?.clear();
  await light?.clear();
});

const unitIn = async (fleet: string) => {
  const [unit] = await unitsIn(light.database.pool, fleet);
  return unit as NonNullable<typeof unit>;
};

const journalOf = (run: string | null): readonly JournalEntry[] => {
  const {state} = hostOf(desk.stateFolder);
  return readJournal(state.journalOf(run ?? '')).entries;
};

const kindsOf = (run: string | null) => journalOf(run).map(({kind}) => kind);

async function killRunnerWhen(isSo: () => boolean): Promise<void> {
  const runner = desk.start('fleet', 'runner', '--until-idle');
  while (!isSo()) {
    await sleep(20);
  }
  runner.child.kill('SIGKILL');
  await runner.ended;
}

const serve = () => desk.run('fleet', 'runner', '--until-idle', '--json');

async function resume(fleet: string): Promise<void> {
  const {unit} = await unitIn(fleet);
  const resumed = await desk.run('fleet', 'resume', unit, '--fleet', fleet, '--json');
  expect([resumed.code, lastDocument(resumed)]).toMatchObject([0, {order: 'resumed', unit}]);
}

/** The next runner ends, and the journal is as the killed one left it. */
async function expectOffered(fleet: string, code: string): Promise<void> {
  const {unit, run} = await unitIn(fleet);
  const left = kindsOf(run);
  const served = await serve();
  expect([served.code, lastDocument(served)]).toMatchObject([5, {undecided: [unit]}]);
  const {status, problem, inOutage} = await unitIn(fleet);
  expect([status, problem?.code, inOutage]).toEqual(['offered', code, true]);
  expect(kindsOf(run)).toEqual(left);
}

test('a unit whose runner was killed in its outage waits for a person, and is then brought to its end', async () => {
  await startLight(light, light.fleetOf('frozen', {w: ['shop']}, {outageSeconds: 3}), 'w');
  await killRunnerWhen(() => existsSync(join(light.serviceFolder('shop'), 'frozen')));
  await expectOffered('frozen', 'fleet-run-in-outage');
  const {run} = await unitIn('frozen');
  expect(resumedAlone(journalOf(run), [])).toEqual([]);
  await resume('frozen');
  expect((await serve()).code).toBe(0);
  const done = await unitIn('frozen');
  expect([done.status, done.run, light.cutovers('shop')]).toEqual(['done', run, ['cutover']]);
  // The resumption is one that needed a person.
  expect(resumedAlone(journalOf(run), [])).toHaveLength(1);
  const {rows} = await light.database.pool.query(
    "SELECT at FROM switcharoo_fleet.event WHERE fleet = 'frozen' AND what = 'resumed'",
  );
  expect(
    resumedAlone(
      journalOf(run),
      rows.map(({at}) => at),
    ),
  ).toEqual([]);
});

test('a unit whose runner was killed in a reversal waits for a person, and is then reversed', async () => {
  const params = {breaks: 'switch', reverseSeconds: 3};
  await startLight(light, light.fleetOf('reversing', {w: ['list']}, params), 'w');
  const broken = join(light.serviceFolder('list'), 'broken');
  writeFileSync(broken, '');
  const isReversing = () => {
    const {state} = hostOf(desk.stateFolder);
    const [run = ''] = state.runs();
    return kindsOf(run).includes('reverse-started');
  };
  await killRunnerWhen(isReversing);
  await expectOffered('reversing', 'fleet-run-reversing');
  rmSync(broken);
  await resume('reversing');
  expect((await serve()).code).toBe(5);
  const reversed = await unitIn('reversing');
  expect([reversed.status, reversed.problem?.code]).toEqual(['failed', 'fleet-run-reversed']);
  expect(light.cutovers('list')).toEqual([]);
});
