import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {MachineClock, type TimeSource, timeAfter} from '../../src/run/machine-clock.ts';
import {fill, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const put = (texts: Readonly<Record<string, string>>) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts}),
});

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
  outage: {from: ['freeze'], until: ['open']},
})
  .step('before', fill, put({before: 'new', more: 'new'}))
  .checkpoint('prepared')
  .step('freeze', fill, put({writes: 'off'}))
  .step('valve', holds, {
    on: {shelf: 'a'},
    input: () => ({label: 'valve', text: 'open'}),
  })
  .step('open', fill, put({other: 'on'}))
  .step('after', fill, put({after: 'new'}));

const start = {before: 'old', more: 'old', writes: 'on', valve: 'open'};

function rigStoppedAt(write: string, boxes: Readonly<Record<string, string>> = {}) {
  const a = new Shelf('a', {...start, ...boxes});
  const rig = new Rig({runbook, shelves: [a]});
  let isOver = false;
  a.beforePut = (words) => {
    if (words === write && !isOver) {
      isOver = true;
      rig.clock.stop(70_000);
    }
  };
  return {a, rig};
}

/** Stopped while a gate waits in the outage. */
function rigStoppedAtValve() {
  const {a, rig} = rigStoppedAt('none', {valve: 'shut'});
  a.onRead = (label) => {
    if (label === 'valve' && !a.boxes.has('seen')) {
      a.boxes.set('seen', 'yes');
      rig.clock.stop(70_000);
    } else if (label === 'valve') {
      a.boxes.set('valve', 'open');
    }
  };
  return {a, rig};
}

describe('a process that stood still', () => {
  test('says so, and checks again before its next action', async () => {
    const {a, rig} = rigStoppedAt('a: before = new');
    let reads = 0;
    a.onRead = () => {
      reads += 1;
    };
    expect(await rig.run('prepared')).toEqual({kind: 'reached', until: 'prepared'});
    expect(rig.story).toEqual([
      'run-started',
      'entry-started before',
      'before before {"before":"old","more":"old"}',
      'action-intended before: put new into before on a',
      'process-stopped',
      'action-performed before: put new into before on a',
      'action-intended before: put new into more on a',
      'action-performed before: put new into more on a',
      'entry-done before',
      'checkpoint-reached prepared',
      'run-paused (prepared)',
    ]);
    expect(rig.operator.failures).toEqual([]);
    // Twice two for the first plan, twice two after the stop, and two at the end.
    expect(reads).toBe(10);
  });

  test('does not take an answer that was lost meanwhile for a failure', async () => {
    const {a, rig} = rigStoppedAt('none');
    let isOver = false;
    a.beforePut = () => {
      if (!isOver) {
        isOver = true;
        rig.clock.stop(70_000);
        throw new Error('read ECONNRESET');
      }
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(a.picture).toMatchObject({before: 'new', more: 'new'});
  });

  test('does not count the time for a limit', async () => {
    const {a, rig} = rigStoppedAt('none', {valve: 'shut'});
    let looks = 0;
    a.onRead = (label) => {
      looks += label === 'valve' ? 1 : 0;
      if (label === 'valve' && looks === 2) {
        rig.clock.stop(3_600_000);
        a.boxes.set('valve', 'open');
      }
    };
    rig.operator.deciding = () => ({choice: 'retry'});
    expect(await rig.run()).toEqual({kind: 'done'});
  });

  test('asks in the outage, checks what closes the application, and goes on', async () => {
    const {a, rig} = rigStoppedAtValve();
    rig.operator.deciding = () => ({choice: 'retry'});
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures).toMatchObject([
      {
        entry: 'valve',
        problem: {
          code: 'process-stopped',
          message: 'This process did not run for 70 s during the outage, before valve was done.',
        },
      },
    ]);
    expect(a.picture).toMatchObject({other: 'on', after: 'new'});
  });

  test('does not go on where somebody opened the application meanwhile', async () => {
    const {a, rig} = rigStoppedAtValve();
    rig.operator.deciding = ({problem}) => {
      a.boxes.set('writes', 'on');
      return problem.code === 'process-stopped' ? {choice: 'retry'} : {choice: 'stop'};
    };
    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'outage-not-in-place',
        message: 'The outage is not over, but freeze is no longer in place: writes is on, not off.',
      },
    });
  });

  test('ends the outage where nobody decides, and only before the new side may have writes', async () => {
    const {a, rig} = rigStoppedAt('a: writes = off');
    rig.operator.decide = async () => ({choice: 'stop', by: 'nobody'});
    expect(await rig.run()).toMatchObject({kind: 'reversed', to: 'prepared'});
    expect(a.picture).toEqual({...start, before: 'new', more: 'new'});

    const late = rigStoppedAt('a: other = on');
    late.a.afterPut = (words) => {
      if (words === 'a: other = on') {
        late.a.boxes.delete('other');
      }
    };
    late.rig.operator.decide = async () => ({choice: 'stop', by: 'nobody'});
    expect(await late.rig.run()).toMatchObject({kind: 'paused'});
    expect(late.a.picture).toMatchObject({writes: 'off'});
  });

  test('takes a clock that was set forward during the outage for the same', async () => {
    const {a, rig} = rigStoppedAt('none');
    a.beforePut = (words) => {
      if (words === 'a: writes = off') {
        rig.clock.set(70_000);
      }
    };
    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'process-stopped', message: expect.stringContaining('jumped by 70 s')},
    });
  });
});

const asking = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
  outage: {from: ['freeze'], until: ['open']},
})
  .confirm('begin', {question: 'Begin?'})
  .checkpoint('prepared')
  .step('freeze', fill, put({writes: 'off'}))
  .confirm('go', {question: 'Go?'})
  .step('open', fill, put({other: 'on'}));

/** The process stands still once while this question, or the menu, is up. */
function rigStoppedWhileAsked(question: string) {
  const a = new Shelf('a', start);
  const rig = new Rig({runbook: asking, shelves: [a]});
  rig.operator.isPerson = true;
  let isOver = false;
  const stop = (asked: string) => {
    if (asked === question && !isOver) {
      isOver = true;
      rig.clock.stop(70_000);
    }
  };
  rig.operator.answering = ({question: asked}) => {
    stop(asked);
    return 'yes';
  };
  rig.operator.deciding = ({problem: {code}}) => {
    stop(code);
    return {choice: 'retry'};
  };
  const questions = () => rig.story.filter((line) => /asked|answered|stopped/.test(line));
  return {a, rig, questions};
}

describe('a process that stood still while a person was asked', () => {
  test('asks the same again, whatever was typed meanwhile', async () => {
    const {rig, questions} = rigStoppedWhileAsked('Begin?');
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(questions()).toEqual([
      'asked ada confirmation begin',
      'process-stopped',
      'asked ada confirmation begin',
      'answered confirmation begin: yes',
      'asked ada confirmation go',
      'answered confirmation go: yes',
    ]);
  });

  test('says so in the outage, checks, and asks again before it goes on', async () => {
    const {rig, questions} = rigStoppedWhileAsked('Go?');
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(questions()).toEqual([
      'asked ada confirmation begin',
      'answered confirmation begin: yes',
      'asked ada confirmation go',
      'process-stopped',
      'entry-failed go (process-stopped)',
      'asked ada failure go',
      'answered failure go: retry',
      'asked ada confirmation go',
      'answered confirmation go: yes',
    ]);
    expect(rig.progress.questions).toEqual([]);
  });

  test('shows the menu again, and checks what closes the application after a retry', async () => {
    const {a, rig, questions} = rigStoppedWhileAsked('action-failed');
    a.beforePut = (words) => {
      if (words === 'a: other = on' && rig.operator.failures.length === 0) {
        throw new Error('refused');
      }
    };
    const {deciding} = rig.operator;
    rig.operator.deciding = (failure) => {
      if (failure.problem.code === 'outage-not-in-place') {
        return {choice: 'stop'};
      }
      a.boxes.set('writes', 'on');
      return deciding(failure);
    };
    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'outage-not-in-place'},
    });
    expect(questions().slice(-6)).toEqual([
      'asked ada failure open',
      'process-stopped',
      'asked ada failure open',
      'answered failure open: retry',
      'asked ada failure open',
      'answered failure open: stop',
    ]);
  });
});

/** A machine whose clock can be set, and that can sleep. */
function machine() {
  const is = {utcMs: Date.parse('2026-03-01T03:00:00.000Z'), upMs: 1_000, mark: 'boot 1'};
  const source: TimeSource = {
    utcMs: () => is.utcMs,
    upMs: () => is.upMs,
    get mark() {
      return is.mark;
    },
  };
  const pass = (ms: number) => {
    is.utcMs += ms;
    is.upMs += ms;
  };
  return {is, source, pass};
}

describe('the clock of a machine', () => {
  test('measures the same when somebody sets it', () => {
    const {is, source, pass} = machine();
    const clock = new MachineClock(undefined, source);
    const events: unknown[] = [];
    const unwatch = clock.watch((event) => events.push(event));
    pass(2_000);
    is.utcMs -= 3_600_000;
    clock.stoppedMs();
    expect(clock.now().toISOString()).toBe('2026-03-01T03:00:02.000Z');
    expect(events).toEqual([
      {kind: 'clock-set', byMs: -3_600_000, clock: new Date('2026-03-01T02:00:02.000Z')},
    ]);
    unwatch();
  });

  test('notices that the process stood still', () => {
    const {source, pass} = machine();
    const clock = new MachineClock(undefined, source);
    const events: unknown[] = [];
    const unwatch = clock.watch((event) => events.push(event));
    pass(4_000);
    expect(clock.stoppedMs()).toBe(0);
    pass(70_000);
    expect(clock.stoppedMs()).toBe(70_000);
    expect(events).toEqual([
      {kind: 'process-stopped', since: new Date('2026-03-01T03:00:04.000Z'), ms: 70_000},
    ]);
    unwatch();
  });

  test.each([
    {
      name: 'goes on from an earlier process of the same boot, although the clock was set',
      atUtc: '2026-03-01T05:00:00.000Z',
      mark: 'boot 1',
      carried: 'monotonic',
      now: '2026-03-01T05:00:00.400Z',
    },
    {
      name: 'trusts UTC after a restart of the machine',
      atUtc: '2026-03-01T02:00:00.000Z',
      mark: 'boot 0',
      carried: 'utc',
      now: '2026-03-01T03:00:00.000Z',
    },
    {
      name: 'never shows a time before the last entry',
      atUtc: '2026-03-01T05:00:00.000Z',
      mark: 'boot 0',
      carried: 'last-entry',
      now: '2026-03-01T05:00:00.000Z',
    },
  ])('$name', ({atUtc, mark, carried, now}) => {
    const {source} = machine();
    const clock = new MachineClock({atUtc, monotonic: {mark, ms: 600}}, source);
    expect(clock.carried).toBe(carried);
    expect(clock.now().toISOString()).toBe(now);
  });

  test.each([
    {name: 'by an hour', atUtc: '2026-03-01T04:00:00.000Z', mark: 'another', now: null},
    {
      name: 'an hour, on the machine that wrote',
      atUtc: '2026-03-01T04:00:00.000Z',
      mark: 'boot 1',
      now: '2026-03-01T04:00:00.400Z',
    },
    {
      name: 'by what two machines may differ',
      atUtc: '2026-03-01T03:00:01.000Z',
      mark: 'another',
      now: '2026-03-01T03:00:01.000Z',
    },
  ])('gives a reader no time while it is behind the last entry: $name', ({atUtc, mark, now}) => {
    const {source} = machine();
    const time = timeAfter({atUtc, monotonic: {mark, ms: 600}}, source);
    expect(time?.toISOString() ?? null).toBe(now);
  });
});
