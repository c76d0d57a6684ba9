import {expect, test} from 'vitest';
import {overtakeLock} from '../../src/journal/lock.ts';
import type {Session} from '../../src/model/target.ts';
import type {ShelfReader, ShelfWriter} from '../engine/fakes.ts';
import {SimulatedDisk} from './disk.ts';
import {SimulatedMachine} from './machine.ts';
import {type Ended, Program, stateFolder} from './program.ts';
import {liveSchedule} from './schedules.ts';
import {outageNight, plainNight, type ShelfName, Systems} from './systems.ts';
import {Time} from './time.ts';

interface Night {
  readonly disk: SimulatedDisk;
  readonly systems: Systems;
  readonly time: Time;
}

/**
 * One run until the group "Both": there, `left` waits for a look that nobody answers, and `happen` takes place when
 * `right` is about to write.
 */
async function outageOfJournal(
  happen: (night: Night) => void,
  truncated: (night: Night) => void = () => {},
): Promise<Ended & {tookMs: number}> {
  const time = new Time();
  const disk = new SimulatedDisk(['/', '/var']);
  const systems = new Systems(plainNight);
  const machine = new SimulatedMachine('bastion', tokens);
  let brokeAtMs = 0;
  const session = (name: ShelfName): Session<ShelfReader, ShelfWriter> => {
    const put = async (label: string, text: string | null) => {
      systems.put(name, label, text);
      if (label === 'parcel ordered' && text !== null) {
        systems.put(name, 'parcel', text);
      }
      if (label === 'r') {
        happen({disk, systems, time});
        brokeAtMs = time.ms;
      }
    };
    const read = async (label: string) =>
      label === 'l' ? new Promise<never>(() => {}) : systems.read(name, label);
    const reader = {name, read};
    return {reader, writer: {...reader, put}, close: async () => {}};
  };
  const never = new AbortController().signal;
  const program = new Program({
    runbook: plainNight.runbook,
    disk: disk.openedBy((what) => what === 'truncated' && truncated({disk, systems, time})),
    machine,
    pid: machine.start(() => {}),
    user: 'ada',
    clock: clockOf(time),
    targets: {session: async (name) => session(name as ShelfName), close: async () => {}},
    operator: {
      name: 'ada',
      ask: async () => ({answer: 'yes', by: 'ada'}),
      decide: async () => ({choice: 'stop', by: 'ada'}),
    },
    stopping: never,
    aborting: never,
  });
  let ended: Ended | undefined;
  const running = program.run('r1').then((end) => {
    ended = end;
  });
  await time.pass(() => ended !== undefined);
  await running;
  if (!ended) {
    throw new Error('it did not end');
  }
  return {...ended, tookMs: time.ms - brokeAtMs};
}

let lastToken = 0;
const tokens = () => {
  lastToken += 1;
  return lastToken;
};

const clockOf = (time: Time) => ({
  now: () => new Date(time.ms),
  monotonic: () => time.ms,
  mark: 'm1',
  stoppedMs: () => 0,
  watch: () => () => {},
  after: (ms: number, over: () => void) => {
    let isOff = false;
    time.in(ms, () => isOff || over());
    return () => {
      isOff = true;
    };
  },
  sleep: (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      signal.addEventListener('abort', () => resolve(), {once: true});
      time.in(ms, resolve);
    }),
});

test('a full disk ends the other lane of a group at once, and not when its look has taken too long', async () => {
  const {outcome, tookMs} = await outageOfJournal(({disk}) => {
    disk.freeBytes = 10;
  });
  expect(outcome).toMatchObject({kind: 'paused', problem: {code: 'disk-full'}});
  expect(tookMs).toBe(0);
});

test('a lock that was lost ends the other lane of a group at once', async () => {
  const {outcome, tookMs} = await outageOfJournal(overtake);
  expect(outcome).toMatchObject({kind: 'paused', problem: {code: 'lock-lost'}});
  expect(tookMs).toBe(0);
});

test('a process that lost its disk, and then its lock, says that it lost its lock', async () => {
  const {outcome} = await outageOfJournal(
    ({disk}) => {
      disk.freeBytes = 10;
    },
    (all) => {
      all.disk.freeBytes = Number.POSITIVE_INFINITY;
      overtake(all);
    },
  );
  expect(outcome).toMatchObject({kind: 'paused', problem: {code: 'lock-lost'}});
});

function overtake({disk, time}: Night): void {
  const laptop = new SimulatedMachine('laptop', tokens);
  overtakeLock({
    folder: `${stateFolder}/locks`,
    scope: 'night@pantry',
    run: 'r1',
    operator: {user: 'bob', host: 'laptop', pid: laptop.start(() => {})},
    now: () => new Date(time.ms),
    disk: disk.openedBy(() => {}),
    machine: laptop,
  });
}

test.for([19_641, 205_024, 803_977, 619_197])(
  'the night of seed %i, which once broke a promise, keeps all of them',
  async (seed) => {
    expect(await liveSchedule(seed, plainNight)).toBeUndefined();
  },
);

test.for([10_336_243, 10_353_699])(
  'in the night of seed %i, what an earlier process was told to outlast counts for the next one',
  async (seed) => {
    expect(await liveSchedule(seed, outageNight)).toBeUndefined();
  },
);
