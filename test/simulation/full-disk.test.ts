import {expect, test} from 'vitest';
import type {Disk} from '../../src/journal/disk.ts';
import type {Session} from '../../src/model/target.ts';
import type {ShelfReader, ShelfWriter} from '../engine/fakes.ts';
import {SimulatedDisk} from './disk.ts';
import {SimulatedMachine} from './machine.ts';
import {type Ended, journalPath, Program, readWhole} from './program.ts';
import {atStart, plainNight, type ShelfName, Systems} from './systems.ts';
import {Time} from './time.ts';

interface Bastion {
  readonly disk: SimulatedDisk;
  readonly systems: Systems;
  readonly machine: SimulatedMachine;
  readonly time: Time;
}

const neverFull = Number.POSITIVE_INFINITY;

function bastion(): Bastion {
  return {
    disk: new SimulatedDisk(['/', '/var']),
    systems: new Systems(plainNight),
    machine: new SimulatedMachine('bastion', tokens),
    time: new Time(),
  };
}

let lastToken = 0;
const tokens = () => {
  lastToken += 1;
  return lastToken;
};

/** One start of the program. `passed` is called after each change of the disk, and may throw: it is dead then. */
async function start(
  {disk, systems, machine, time}: Bastion,
  work: (program: Program) => Promise<Ended>,
  passed: (what: string, disk: Disk) => void = () => {},
): Promise<Ended | {readonly thrown: unknown}> {
  let isDead = false;
  const opened: Disk = disk.openedBy(
    (what) => {
      try {
        passed(what, opened);
      } catch (cause) {
        isDead = true;
        machine.kill(pid);
        throw cause;
      }
    },
    () => {
      if (isDead) {
        throw new Error('it is dead');
      }
    },
  );
  const pid = machine.start(() => {});
  const session = (name: ShelfName): Session<ShelfReader, ShelfWriter> => {
    const put = async (label: string, text: string | null) => {
      systems.put(name, label, text);
      if (label === 'parcel ordered' && text !== null) {
        systems.put(name, 'parcel', text);
      }
      if (label === 'r') {
        systems.put('view', 'r', text);
      }
    };
    const reader = {name, read: async (label: string) => systems.read(name, label)};
    return {reader, writer: {...reader, put}, close: async () => {}};
  };
  const never = new AbortController().signal;
  const program = new Program({
    ...{runbook: plainNight.runbook, disk: opened, machine, pid, user: 'ada', reserves: true},
    clock: {
      now: () => new Date(time.ms),
      monotonic: () => time.ms,
      mark: 'm1',
      stoppedMs: () => 0,
      watch: () => () => {},
      after: () => () => {},
      sleep: async () => {
        await time.pass(() => true);
      },
    },
    targets: {session: async (name) => session(name as ShelfName), close: async () => {}},
    operator: {
      name: 'ada',
      ask: async () => ({answer: 'yes', by: 'ada'}),
      decide: async () => ({choice: 'stop', by: 'ada'}),
    },
    ...{stopping: never, aborting: never},
  });
  return (async () => work(program))()
    .catch((thrown: unknown) => ({thrown}))
    .finally(() => isDead || machine.kill(pid));
}

const problemText = ({outcome}: Ended): string =>
  'problem' in outcome ? outcome.problem.message : '';

const changed = ({systems}: Bastion): readonly string[] =>
  ['two', 'order', 'left', 'right'].filter((entry) => systems.isChanged(entry));

/** Fills the disk at the write with this number, and leaves so many bytes free. */
const fullAt = (at: Bastion, number: number, leaving: number) => {
  let writes = 0;
  return (what: string) => {
    if (what === 'wrote') {
      writes += 1;
      if (writes === number) {
        at.disk.freeBytes = leaving;
      }
    }
  };
};

/** How many lines and locks a run up to `moved` writes when nothing happens, without its reserve. */
async function writesOfRun(): Promise<number> {
  let writes = 0;
  await start(
    bastion(),
    (program) => program.run('r1', 'moved'),
    (what) => {
      writes += what === 'wrote' ? 1 : 0;
    },
  );
  return writes;
}

test('a run whose disk fills up at any moment can still be undone, on the full disk', async () => {
  const writes = await writesOfRun();
  for (let number = 1; number <= writes; number += 1) {
    for (const leaving of [0, 10]) {
      const at = bastion();
      const ended = await start(
        at,
        (program) => program.run('r1', 'moved'),
        fullAt(at, number, leaving),
      );
      if ('thrown' in ended) {
        // It did not begin: nothing was changed, and no run is left.
        expect(changed(at)).toEqual([]);
        expect(at.disk.bytesAt(journalPath('r1'))).toBeUndefined();
        continue;
      }
      // In its last entry there is nothing left to stop.
      if (number < writes - 6) {
        expect(ended.outcome.kind).toBe('paused');
        expect(problemText(ended)).toMatch(
          /stopped by a full disk \(make room in \/var\/state: \d+ KB\)|reserve cannot be written: the disk is full/,
        );
        const again = await start(at, (program) => program.resume('r1'));
        expect(again).toMatchObject({
          outcome: {
            kind: 'paused',
            problem: {
              code: 'disk-full',
              hint: {text: expect.stringMatching(/^Make room: \d+ KB on \/, the file system of/)},
            },
          },
        });
      }
      expect(await start(at, (program) => program.reverse('r1'))).toMatchObject({
        outcome: {kind: 'reversed', to: null},
      });
      expect(changed(at)).toEqual([]);
      expect(at.systems.read('a', 'x')).toBe(atStart.a['x']);
    }
  }
});

const midway = Math.floor((await writesOfRun()) * 0.6);

test('a process that dies while the reserve is given back leaves a run that can be undone', async () => {
  for (let number = 1; ; number += 1) {
    const at = bastion();
    await start(at, (program) => program.run('r1', 'moved'), fullAt(at, midway, 0));
    const before = at.disk.freeBytes;
    let changes = 0;
    const dying = await start(
      at,
      (program) => program.reverse('r1'),
      () => {
        changes += 1;
        if (changes === number) {
          throw new Error('killed');
        }
      },
    );
    expect(before).toBeLessThan(neverFull);
    if (!('thrown' in dying) && dying.outcome.kind === 'reversed') {
      expect(changes).toBeLessThan(number);
      return;
    }
    at.disk.losePower(() => 0);
    expect(await start(at, (program) => program.reverse('r1'))).toMatchObject({
      outcome: {kind: 'reversed', to: null},
    });
    expect(changed(at)).toEqual([]);
  }
});

test('the reserve is whole again before the run goes on, once there is room', async () => {
  const at = bastion();
  await start(at, (program) => program.run('r1', 'moved'), fullAt(at, midway, 0));
  at.disk.freeBytes = neverFull;
  expect(await start(at, (program) => program.resume('r1'))).toMatchObject({
    outcome: {kind: 'done'},
  });
  const {entries} = readWhole(at.disk, journalPath('r1'));
  expect([...entries.values()].every(({state}) => state === 'done')).toBe(true);
  const kinds = at.disk
    .bytesAt(journalPath('r1'))
    ?.toString()
    .match(/"kind":"reserve-[a-z-]+"/g);
  expect(kinds).toEqual(['"kind":"reserve-given-back"', '"kind":"reserve-filled"']);
});

test('a run does not begin without the room that it needs, and leaves nothing', async () => {
  const at = bastion();
  at.disk.freeBytes = 100 * 1024;
  const ended = await start(at, (program) => program.run('r1'));
  expect(ended).toMatchObject({
    thrown: {
      problem: {
        code: 'disk-full',
        message: expect.stringMatching(
          /^\/var\/state cannot be written: \/ has \d+ KB free, and the run needs \d+ KB\.$/,
        ),
      },
    },
  });
  expect(at.disk.paths().filter((path) => path.includes('r1'))).toEqual([]);
});
