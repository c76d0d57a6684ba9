import {ListrEventManager} from 'listr2';
import {describe, expect, test, vi} from 'vitest';
import {frame} from '../../../src/cli/screen/frame.ts';
import {openScreen, type ScreenKind, screenKindFor} from '../../../src/cli/screen/index.ts';
import type {FrameOptions} from '../../../src/cli/screen/layout.ts';
import {LiveRegion} from '../../../src/cli/screen/live-region.ts';
import {RunTasks} from '../../../src/cli/screen/run-tasks.ts';
import type {ScreenStream} from '../../../src/cli/screen/screen.ts';
import type {EngineEvent} from '../../../src/engine/events.ts';
import {type Forecast, forecasterOf} from '../../../src/forecast/forecast.ts';
import {leftText} from '../../../src/forecast/forecast-text.ts';
import type {JournalEntry} from '../../../src/model/journal.ts';
import {ansiPaint, plainPaint} from '../../../src/report/index.ts';
import {widthOf} from '../../../src/report/text.ts';
import {digests, pastRun, shop, usual} from '../../forecast/nights.ts';
import {journalOf, runStarted, stepDone} from '../../model/journal-of.ts';
import {doneRun, heldRun, plan, reversedRun} from '../../report/made-up.ts';

const window = {from: ['mysql.freeze-writes'], until: ['open']};

const journaled = (entries: readonly JournalEntry[]): EngineEvent[] =>
  entries.map((entry) => ({kind: 'journaled', entry, head: entry.prev}));

const tasksOf = (events: readonly EngineEvent[]): RunTasks => {
  const tasks = new RunTasks({
    picture: {draw: () => {}, leave: () => {}},
    outage: window,
    earlier: new Map([
      ['open', 1400],
      ['cut-off', 600],
    ]),
    limits: new Map([['entry-500', 3_600_000]]),
  });
  tasks.follow(events);
  return tasks;
};

const lag: EngineEvent = {
  kind: 'progress',
  entry: 'open',
  text: 'aurora is at mysql-bin.000003:1197, 933 bytes behind db1, which stands at mysql-bin.000007:88012',
};

const opening = (): RunTasks => tasksOf([...journaled(heldRun().slice(0, 21)), lag]);

function frameOf({run, head}: RunTasks, options: FrameOptions): string[] {
  if (!run || !head) {
    throw new Error('The run has not started.');
  }
  return frame(run, head, options);
}

const shown = (tasks: RunTasks, columns: number, rows: number, now: string): string =>
  frameOf(tasks, {columns, rows, now: new Date(now), paint: plainPaint}).join('\n');

describe('a frame shows the phase at work, and folds the others', () => {
  test('while the outage clock runs', () => {
    expect(shown(opening(), 80, 24, '2026-03-01T03:05:58.000Z')).toMatchInlineSnapshot(`
      "▸ running  OUTAGE 5.6 s  shop-move on lab  5 m 58 s
      03:05:58 UTC  reversal: possible to prepared, the start

      ✓ Prepare   2 entries: 2 done, 5 m 03 s
      ▸ Cut over  3 entries: 2 done, 1 applying
        ✓ done        go      42 s
        ✓ done        freeze  700 ms
        ⠋ applying    open    4.0 s (1.4 s earlier)
            └ aurora is at mysql-bin.000003:1197, 933 bytes behind db1, which stands
              at mysql-bin.000007:88012
      · Settle    1 entry: 1 not started
      Ctrl-C: finish the action in flight, then pause. No other key does anything."
    `);
  });

  test('while a person is asked: nothing in it may become untrue until the answer', () => {
    const options = {columns: 80, rows: 12, paint: plainPaint, asks: true};
    const now = new Date('2026-03-01T03:05:58.000Z');
    expect(frameOf(opening(), {...options, now}).slice(0, 2)).toEqual([
      '? waiting for an answer  OUTAGE since 03:05:52 UTC  shop-move on lab',
      'asked at 03:05:58 UTC  reversal: possible to prepared, the start',
    ]);
  });

  test('with what happened at the entry at work, the newest last, as far as there is room', () => {
    const happened = ['started 2 tasks', 'task 1a: PENDING', 'task 1a: RUNNING'].map(
      (text): EngineEvent => ({kind: 'event', entry: 'open', text}),
    );
    const tasks = opening();
    tasks.follow(happened);
    expect(shown(tasks, 80, 24, '2026-03-01T03:05:58.000Z').split('\n').slice(8, 14)).toEqual([
      '      └ aurora is at mysql-bin.000003:1197, 933 bytes behind db1, which stands',
      '        at mysql-bin.000007:88012',
      '        started 2 tasks',
      '        task 1a: PENDING',
      '        task 1a: RUNNING',
      '· Settle    1 entry: 1 not started',
    ]);
    expect(shown(tasks, 80, 13, '2026-03-01T03:05:58.000Z').split('\n').slice(8)).toEqual([
      '      └ aurora is at mysql-bin.000003:1197, 933 bytes behind db1, which stands',
      '        at mysql-bin.000007:88012',
      '        task 1a: RUNNING',
      '· Settle    1 entry: 1 not started',
    ]);
  });

  test('when an entry has failed', () => {
    expect(
      shown(tasksOf(journaled(heldRun())), 80, 24, '2026-03-01T03:06:30Z'),
    ).toMatchInlineSnapshot(`
      "‖ paused  OUTAGE 37 s  shop-move on lab  6 m 30 s
      03:06:30 UTC  reversal: possible to prepared, the start

      ✓ Prepare   2 entries: 2 done, 5 m 03 s
      ✗ Cut over  3 entries: 2 done, 1 failed
        ✓ done        go      42 s
        ✓ done        freeze  700 ms
        ✗ failed      open
            └ aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.
      · Settle    1 entry: 1 not started"
    `);
  });

  test('above a question it has no number that would have to count', () => {
    const tasks = opening();
    const asked = {
      entry: 'open',
      about: 'confirmation',
      person: 'ada',
      question: 'Go on?',
    } as const;
    const [fact] = journalOf([{kind: 'asked', details: [], ...asked}]);
    tasks.follow(journaled(fact ? [fact] : []));
    const pictureAt = (now: string) =>
      frameOf(tasks, {columns: 80, rows: 6, now: new Date(now), paint: plainPaint, asks: true});
    expect(pictureAt('2026-03-01T03:05:58Z').join('\n')).toMatchInlineSnapshot(`
      "? waiting for ada: open  OUTAGE since 03:05:52 UTC  shop-move on lab
      asked at 03:05:58 UTC  reversal: possible to prepared, the start

      ▸ Cut over  3 entries: 2 done, 1 applying
        ▸ applying    open    since 03:05:54 UTC"
    `);
    const rest = pictureAt('2026-03-01T03:07:58Z').map((line) =>
      line.replace('03:07:58', '03:05:58'),
    );
    expect(rest).toEqual(pictureAt('2026-03-01T03:05:58Z'));
  });

  test('when the run is done', () => {
    expect(
      shown(tasksOf(journaled(doneRun())), 80, 24, '2026-03-01T03:06:30Z'),
    ).toMatchInlineSnapshot(`
      "✓ done  outage was 3.0 s  shop-move on lab  6 m 30 s
      03:06:30 UTC  reversal: not possible: the point of no return is passed

      ✓ Prepare   2 entries: 2 done, 5 m 03 s
      ✓ Cut over  3 entries: 3 done, 46 s
      ✓ Settle    1 entry: 1 done, 600 ms
        ✓ done        cut-off  600 ms"
    `);
  });

  test('in a reversal', () => {
    const back = tasksOf(journaled(reversedRun().slice(0, 30)));
    expect(shown(back, 80, 24, '2026-03-01T04:06:30Z')).toMatchInlineSnapshot(`
      "◂ reversing  OUTAGE 1 h 00 m  shop-move on lab  1 h 06 m
      04:06:30 UTC  reversal: in progress, to prepared

      ✓ Prepare   2 entries: 2 done, 5 m 03 s
      ▸ Cut over  3 entries: 1 done, 1 reversing, 1 reversed
        ✓ done        go      42 s
        ⠋ reversing   freeze  3.7 s
            └ on db1: set super_read_only = OFF
        ↩ reversed    open    200 ms
      · Settle    1 entry: 1 not started
      Ctrl-C: finish the action in flight, then pause. No other key does anything."
    `);
  });

  test('with the last warning below', () => {
    const problem = {code: 'throttled', message: 'Route 53 asked to wait 2 s.', hint: 'Nothing.'};
    const tasks = opening();
    tasks.follow([{kind: 'warning', problem}]);
    expect(shown(tasks, 60, 12, '2026-03-01T03:05:58.000Z')).toMatchInlineSnapshot(`
      "▸ running  OUTAGE 5.6 s  shop-move on lab  5 m 58 s
      03:05:58 UTC  reversal: possible to prepared, the start

      ✓ Prepare   2 entries: 2 done, 5 m 03 s
      ▸ Cut over  3 entries: 2 done, 1 applying
        … above: 2 entries: 2 done
        ⠋ applying    open    4.0 s (1.4 s earlier)
            └ aurora is at mysql-bin.000003:1197, 933 bytes behind
              db1, which stands at mysql-bin.000007:88012
      · Settle    1 entry: 1 not started
      ! Route 53 asked to wait 2 s."
    `);
  });
});

test('the tasks of listr2 have the states, outputs and errors that are shown', () => {
  const facts = (events: readonly EngineEvent[]) =>
    tasksOf(events).run?.subtasks.map(({title, state, output, message, subtasks}) => ({
      phase: [title, state, output, message],
      entries: subtasks.map((entry) => [entry.title, entry.state, entry.output, entry.message]),
    }));
  expect(facts([...journaled(heldRun().slice(0, 21)), lag])).toMatchInlineSnapshot(`
    [
      {
        "entries": [
          [
            "lower-ttl",
            "COMPLETED",
            "",
            {
              "duration": 2300,
            },
          ],
          [
            "drained",
            "COMPLETED",
            "",
            {
              "duration": 300000,
            },
          ],
        ],
        "phase": [
          "Prepare",
          "COMPLETED",
          "2 entries: 2 done",
          {
            "duration": 303300,
          },
        ],
      },
      {
        "entries": [
          [
            "go",
            "COMPLETED",
            "",
            {
              "duration": 42000,
            },
          ],
          [
            "freeze",
            "COMPLETED",
            "",
            {
              "duration": 700,
            },
          ],
          [
            "open",
            "STARTED",
            "aurora is at mysql-bin.000003:1197, 933 bytes behind db1, which stands at mysql-bin.000007:88012",
            {},
          ],
        ],
        "phase": [
          "Cut over",
          "STARTED",
          "3 entries: 2 done, 1 applying",
          {},
        ],
      },
      {
        "entries": [
          [
            "cut-off",
            "WAITING",
            undefined,
            {},
          ],
        ],
        "phase": [
          "Settle",
          "WAITING",
          "1 entry: 1 not started",
          {},
        ],
      },
    ]
  `);
  expect(facts(journaled(heldRun()))?.[1]).toMatchInlineSnapshot(`
    {
      "entries": [
        [
          "go",
          "COMPLETED",
          "",
          {
            "duration": 42000,
          },
        ],
        [
          "freeze",
          "COMPLETED",
          "",
          {
            "duration": 700,
          },
        ],
        [
          "open",
          "FAILED",
          "",
          {
            "error": "aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.",
          },
        ],
      ],
      "phase": [
        "Cut over",
        "STARTED",
        "3 entries: 2 done, 1 failed",
        {},
      ],
    }
  `);
  expect(facts(journaled(reversedRun().slice(0, 30)))?.[1]).toMatchInlineSnapshot(`
    {
      "entries": [
        [
          "go",
          "COMPLETED",
          "",
          {
            "duration": 42000,
          },
        ],
        [
          "freeze",
          "ROLLING_BACK",
          "on db1: set super_read_only = OFF",
          {},
        ],
        [
          "open",
          "ROLLED_BACK",
          "",
          {
            "duration": 200,
          },
        ],
      ],
      "phase": [
        "Cut over",
        "STARTED",
        "3 entries: 1 done, 1 reversing, 1 reversed",
        {},
      ],
    }
  `);
});

const longEntries = (size: number) =>
  Array.from({length: size}, (_, index) => ({
    id: `entry-${index}`,
    phase: 'Everything',
    unit: 'demo.step',
    digest: '',
  }));

const longRun = (size: number): JournalEntry[] =>
  journalOf([
    runStarted({runbook: {name: 'long', file: '', digest: '', entries: longEntries(size)}}),
    ...longEntries(size).flatMap(({id}) => stepDone(id, 'do it')),
    {kind: 'run-done'},
  ]);

const thousand = (): RunTasks => {
  const entries = longEntries(1000);
  return tasksOf(
    journaled(
      journalOf([
        runStarted({runbook: {name: 'long', file: '', digest: '', entries}}),
        ...entries.slice(0, 500).flatMap(({id}) => stepDone(id, 'do it')),
        {kind: 'entry-started', entry: 'entry-500'},
      ]),
    ),
  );
};

test('of a thousand entries, those around the one at work are shown', () => {
  expect(shown(thousand(), 60, 12, '2026-03-01T03:30:00Z')).toMatchInlineSnapshot(`
    "▸ running  long on lab  30 m 00 s
    03:30:00 UTC  reversal: possible to the start

    ▸ Everything  1000 entries: 500 done, 1 checking, 499 not s…
      … above: 499 entries: 499 done
      ✓ done        entry-499  1.3 s
      ⠋ checking    entry-500  10 m 49 s of at most 1 h 00 m
      · not started entry-501
      · not started entry-502
      · not started entry-503
      … below: 496 entries: 496 not started"
  `);
});

test('a frame is never wider or taller than the terminal, with colours too', () => {
  const runs = [opening(), thousand(), tasksOf(journaled(reversedRun()))];
  const now = new Date('2026-03-01T03:05:58.000Z');
  const bad: unknown[] = [];
  for (const tasks of runs) {
    for (let columns = 20; columns <= 170; columns += 3) {
      for (const rows of [2, 3, 6, 12, 24, 50]) {
        const lines = frameOf(tasks, {columns, rows, now, paint: ansiPaint});
        if (lines.length >= rows || lines.some((line) => widthOf(line) > columns)) {
          bad.push({columns, rows, lines});
        }
      }
    }
  }
  expect(bad).toEqual([]);
});

class Recorder implements ScreenStream {
  readonly texts: string[] = [];
  columns = 80;
  rows = 24;
  fails: Error | undefined;
  readonly #listeners: ((error?: Error) => void)[] = [];

  write(text: string): void {
    this.texts.push(text);
    if (this.fails) {
      for (const listener of this.#listeners) {
        listener(this.fails);
      }
    }
  }

  on(_event: string, listener: (error?: Error) => void): void {
    this.#listeners.push(listener);
  }

  off(): void {}

  get text(): string {
    return this.texts.join('');
  }
}

describe('the live region', () => {
  const drawn = (frames: readonly (readonly string[])[], columns = [20, 20, 20, 20]) => {
    const texts: string[] = [];
    const region = new LiveRegion((text) => texts.push(text));
    frames.forEach((lines, at) => {
      region.draw(lines, columns[at] ?? 20);
    });
    region.leave();
    return JSON.stringify(texts.join('|'));
  };

  test('sends only the lines that changed', () => {
    expect(
      drawn([
        ['one', 'two'],
        ['one', 'TWO'],
      ]),
    ).toMatchInlineSnapshot(
      `""\\u001b[?25l|\\rone\\u001b[K\\ntwo\\u001b[K\\n|\\u001b[2A\\r\\nTWO\\u001b[K\\n|\\u001b[?25h""`,
    );
  });

  test('sends nothing when nothing changed', () => {
    expect(drawn([['one'], ['one']])).toMatchInlineSnapshot(
      `""\\u001b[?25l|\\rone\\u001b[K\\n|\\u001b[?25h""`,
    );
  });

  test('erases what is left of a longer frame', () => {
    expect(drawn([['one', 'two'], ['one']])).toMatchInlineSnapshot(
      `""\\u001b[?25l|\\rone\\u001b[K\\ntwo\\u001b[K\\n|\\u001b[2A\\r\\n\\u001b[J|\\u001b[?25h""`,
    );
  });

  test('erases lines that a narrower terminal has broken in two', () => {
    expect(drawn([['12345678'], ['1234']], [8, 4])).toMatchInlineSnapshot(
      `""\\u001b[?25l|\\r12345678\\u001b[K\\n|\\u001b[2A\\r\\u001b[J|\\r1234\\u001b[K\\n|\\u001b[?25h""`,
    );
  });
});

const at = new Date('2026-03-01T03:05:58.000Z');
const known = forecasterOf({
  ...{runbook: shop, digests, inventory: 'lab', params: {}},
  past: [pastRun(usual)],
})() as Forecast;

const open = (how: ScreenKind, stream: Recorder, forecast?: () => Forecast) =>
  openScreen({
    ...{how, stream, paint: plainPaint, now: () => at, outage: window},
    ...(forecast ? {forecast} : {}),
  });

test('a process that stood still, and a clock that was set, are a line of the picture', async () => {
  const stream = new Recorder();
  const screen = open('tree', stream);
  const inOutage = true;
  const facts: JournalEntry[] = journalOf([
    runStarted({runbook: {name: 'long', file: '', digest: '', entries: longEntries(2)}}),
    {kind: 'process-stopped', sinceUtc: '2026-03-01T03:05:00.000Z', ms: 31_000, inOutage},
    {kind: 'clock-set', byMs: -60_000, clockUtc: '2026-03-01T03:04:58.000Z', inOutage},
  ]);
  for (const [at, event] of journaled(facts).entries()) {
    screen.observe(event);
    if (at > 0) {
      screen.pause();
      screen.resume();
    }
  }
  await screen.close();
  expect(stream.text).toContain(
    '! this process did not run for 31 s, from 03:05:00 UTC, during the outage',
  );
  expect(stream.text).toContain('! the clock of this machine was set back by 1 m 00 s');
});

describe('without a terminal', () => {
  test('everything that matters is a line with its time', async () => {
    const stream = new Recorder();
    const screen = open('plain', stream);
    for (const event of [{kind: 'planned', plan} as const, ...journaled(heldRun())]) {
      screen.observe(event);
    }
    await screen.close();
    expect(stream.text).toMatchInlineSnapshot(`
      "2026-03-01T03:05:58.000Z planned 4f1c22aa90b1d3e7: 10 items
      2026-03-01T03:00:00.000Z run shop-move-20260301-1 of shop-move on lab started by ada@bastion (pid 4711) - plan 4f1c22aa90b1d3e7, 6 entries, switcharoo 0.1.0
      2026-03-01T03:00:04.000Z ada answered "yes" to: Run this plan on lab?
      2026-03-01T03:00:05.000Z lower-ttl: started
      2026-03-01T03:00:05.100Z lower-ttl: applying on db1: set the TTL of shop.test. A to 5
      2026-03-01T03:00:07.100Z lower-ttl: applied on db1: set the TTL of shop.test. A to 5
      2026-03-01T03:00:07.300Z lower-ttl: done
      2026-03-01T03:00:08.300Z drained: started
      2026-03-01T03:05:08.300Z drained: done (nothing to change)
      2026-03-01T03:05:08.300Z checkpoint prepared reached
      2026-03-01T03:05:09.300Z go: started
      2026-03-01T03:05:51.300Z ada answered "yes" to: Cut over now? - lag 0 bytes
      2026-03-01T03:05:51.300Z go: done (nothing to change)
      2026-03-01T03:05:52.300Z freeze: started
      2026-03-01T03:05:52.400Z freeze: applying on db1: set super_read_only = ON
      2026-03-01T03:05:52.800Z freeze: applied on db1: set super_read_only = ON
      2026-03-01T03:05:53.000Z freeze: done
      2026-03-01T03:05:54.000Z open: started
      2026-03-01T03:05:54.100Z open: applying on aurora: let the application write
      2026-03-01T03:06:04.100Z open: failed on aurora: let the application write - aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s. (target-unreachable)
      2026-03-01T03:06:04.100Z open: failed - aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s. (target-unreachable)
      2026-03-01T03:06:24.100Z ada answered "stop" to: open failed. What now?
      2026-03-01T03:06:24.100Z paused - aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s. (target-unreachable)
      "
    `);
  });

  test('what an entry waits for is said when the words change, and not too often, and again after a while', () => {
    const stream = new Recorder();
    let nowMs = Date.parse('2026-03-01T03:00:00Z');
    const screen = openScreen({
      how: 'plain',
      stream,
      paint: plainPaint,
      now: () => new Date(nowMs),
    });
    const says = (afterMs: number, text: string) => {
      nowMs += afterMs;
      screen.observe({kind: 'progress', entry: 'caught-up', text});
    };
    says(0, '900 bytes behind');
    says(1000, '800 bytes behind');
    says(5000, '300 bytes behind');
    says(9000, '300 bytes behind');
    says(21_000, '300 bytes behind');
    expect(stream.text.trimEnd().split('\n')).toEqual([
      '2026-03-01T03:00:00.000Z caught-up: 900 bytes behind',
      '2026-03-01T03:00:06.000Z caught-up: 300 bytes behind',
      '2026-03-01T03:00:36.000Z caught-up: 300 bytes behind (for 30 s now)',
    ]);
  });

  test('everything that happened is a line', () => {
    const stream = new Recorder();
    const now = () => new Date('2026-03-01T03:00:00Z');
    const screen = openScreen({how: 'plain', stream, paint: plainPaint, now});
    for (const text of ['ECS: has started 2 tasks', 'task 1a: RUNNING']) {
      screen.observe({kind: 'event', entry: 'deploy', text});
    }
    expect(stream.text).toBe(
      '2026-03-01T03:00:00.000Z deploy: ECS: has started 2 tasks\n2026-03-01T03:00:00.000Z deploy: task 1a: RUNNING\n',
    );
  });

  test('lines wait while a question is open', () => {
    const stream = new Recorder();
    const screen = open('plain', stream);
    screen.pause();
    screen.observe(lag);
    const during = stream.text;
    screen.resume();
    expect({during, lines: stream.text.split('\n').length}).toEqual({during: '', lines: 2});
  });

  test('a program gets one JSON document a line', () => {
    const stream = new Recorder();
    const screen = open('ndjson', stream);
    const events = [...journaled(doneRun()), lag];
    for (const event of events) {
      screen.observe(event);
    }
    expect(
      stream.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });

  test('the tree is only for terminals that can move their cursor', () => {
    const xterm = {TERM: 'xterm'};
    expect([
      screenKindFor({isTTY: true}, xterm),
      screenKindFor({isTTY: true}, {TERM: 'dumb'}),
      screenKindFor({isTTY: true}, {...xterm, CI: '1'}),
      screenKindFor({}, xterm),
    ]).toEqual(['tree', 'plain', 'plain', 'plain']);
  });
});

const eventsInFrame = 250;
const cursorWrites = 2;

describe('on a terminal', () => {
  test('the last frame stays, and the cursor comes back', async () => {
    const stream = new Recorder();
    const screen = open('tree', stream);
    for (const event of journaled(doneRun())) {
      screen.observe(event);
    }
    await screen.close();
    expect(stream.text.startsWith('\u001b[?25l')).toBe(true);
    expect(stream.text.endsWith('\u001b[?25h')).toBe(true);
    expect(stream.text.includes('✓ done  outage was 3.0 s  shop-move on lab')).toBe(true);
  });

  test.each([
    ['how long it still takes', {}, leftText(known, at)],
    [
      'which entry takes longer than it should',
      {overruns: [{entry: 'open', ms: 9_000, p95: 2_000}]},
      'open is taking longer than expected: 9.0 s so far; 95 of 100 runs take at most 2.0 s.',
    ],
  ])('the picture says %s', async (_what, more, text) => {
    const stream = new Recorder();
    stream.columns = 160;
    const screen = open('tree', stream, () => ({...known, ...more}));
    for (const event of journaled(heldRun().slice(0, 21))) {
      screen.observe(event);
    }
    await screen.close();
    expect(stream.text).toContain(text);
  });

  test('a thousand entries are some frames, not thousands', async () => {
    const stream = new Recorder();
    const screen = open('tree', stream);
    for (const event of journaled(longRun(1000))) {
      screen.observe(event);
    }
    await screen.close();
    expect(stream.text.length).toBeLessThan(20_000);
  });

  test.each([1000, 3000])(
    'of %d entries each frame is at most the screen, and each event changes at most one task',
    async (size) => {
      vi.useFakeTimers({toFake: ['setInterval', 'clearInterval']});
      const refresh = vi.spyOn(ListrEventManager.prototype, 'emit');
      try {
        const stream = new Recorder();
        const screen = open('tree', stream);
        const events = journaled(longRun(size));
        for (const [at, event] of events.entries()) {
          screen.observe(event);
          if (at % eventsInFrame === 0) {
            vi.advanceTimersByTime(100);
          }
        }
        await screen.close();
        const frames = Math.ceil(events.length / eventsInFrame) + 1;
        const lines = stream.text.split('\n').length;
        expect(stream.texts.length).toBeLessThanOrEqual(frames + cursorWrites);
        expect(lines).toBeLessThanOrEqual(frames * stream.rows);
        // A state and an output for each event, and a state and an output of the phase for each frame.
        expect(refresh.mock.calls.length).toBeLessThanOrEqual(2 * events.length + 3 * frames);
      } finally {
        refresh.mockRestore();
        vi.useRealTimers();
      }
    },
  );

  test('nothing is drawn over a question', async () => {
    const stream = new Recorder();
    const screen = open('tree', stream);
    const [first, ...rest] = journaled(heldRun());
    screen.observe(first ?? lag);
    screen.pause();
    const before = stream.text;
    for (const event of rest) {
      screen.observe(event);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(stream.text).toBe(before);
    screen.resume();
    await screen.close();
  });

  test.each(['tree', 'plain', 'ndjson'] as const)(
    'a lost terminal silences the %s screen, and nothing else',
    async (how) => {
      const stream = new Recorder();
      const screen = open(how, stream);
      const [first, ...rest] = journaled(doneRun());
      stream.fails = Object.assign(new Error('write EIO'), {code: 'EIO'});
      screen.observe(first ?? lag);
      await screen.close();
      const writes = stream.texts.length;
      for (const event of rest) {
        screen.observe(event);
      }
      await screen.close();
      expect({writes: stream.texts.length, some: writes > 0}).toEqual({writes, some: true});
    },
  );
});
