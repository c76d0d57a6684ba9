import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {entryTimedOut} from '../../src/engine/problems.ts';
import {lockLost, secretInJournal} from '../../src/journal/problems.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineStep} from '../../src/model/step.ts';
import {waitingFor} from '../../src/model/verdict.ts';
import {burn, fill, fillForAWhile, fillOrNot, holds, order, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf, b: shelf},
});
const onA = {on: {shelf: 'a'}} as const;
const put = (texts: Record<string, string>) => ({...onA, input: () => ({texts})});

describe('a run', () => {
  test('journals what was there and what it is about to do before it does anything', async () => {
    const a = new Shelf('a', {x: 'old'});
    const rig: Rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});
    const storyAtEffect: string[] = [];
    a.beforePut = () => {
      storyAtEffect.push(...rig.story);
    };

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(storyAtEffect).toEqual([
      'run-started',
      'entry-started set',
      'before set {"x":"old"}',
      'action-intended set: put new into x on a',
    ]);
    expect(rig.story.slice(storyAtEffect.length)).toEqual([
      'action-performed set: put new into x on a',
      'entry-done set',
      'run-done',
    ]);
  });

  test('leaves alone what is as wanted already, and does not call it its own', async () => {
    const a = new Shelf('a', {x: 'new'});
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.story).toEqual([
      'run-started',
      'entry-started set',
      'entry-done set (found)',
      'run-done',
    ]);
    expect(await rig.reversePlan()).toMatchObject({lines: []});
    expect(a.effects).toEqual([]);
  });

  test('gives later entries what earlier ones gave, and when they were done', async () => {
    const a = new Shelf('a');
    const runbook = book.step('set', fill, put({x: 'new'})).step('label', fill, {
      ...onA,
      input: ({outputs, times}) => ({
        texts: {note: `${outputs.set.filled} at ${times.set.toISOString()}`},
      }),
    });
    const rig = new Rig({runbook, shelves: [a]});

    await rig.run();
    expect(a.picture).toEqual({x: 'new', note: 'x at 2026-03-01T03:00:00.000Z'});
  });

  test('keeps looking while the world moves, and says what it waits for', async () => {
    const a = new Shelf('a');
    const rig = new Rig({
      runbook: book.step('get', order, {...onA, input: () => ({label: 'x', text: 'tea'})}),
      shelves: [a],
    });
    rig.clock.onTick = (ms) => ms > 3_000 && a.boxes.set('x', 'tea');

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.events.filter(({kind}) => kind === 'progress').at(-1)).toEqual({
      kind: 'progress',
      entry: 'get',
      text: 'x is empty, tea is on its way',
    });
    expect(a.effects).toEqual(['a: x ordered = tea']);
  });

  test('shows what looks tell, each line once, and says since when it has acted', async () => {
    const a = new Shelf('a');
    let looks = 0;
    const telling = defineStep({
      ...order,
      check: async (look) => {
        looks += 1;
        look.report?.(
          `look ${looks}, acting since ${look.run.startedAt?.toISOString() ?? 'never'}`,
        );
        return order.check(look);
      },
    });
    const rig = new Rig({
      runbook: book.step('get', telling, {...onA, input: () => ({label: 'x', text: 'tea'})}),
      shelves: [a],
    });
    rig.clock.onTick = (ms) => ms > 50 && a.boxes.set('x', 'tea');

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.events.filter(({kind}) => kind === 'event').slice(0, 2)).toEqual([
      {kind: 'event', entry: 'get', text: 'look 1, acting since never'},
      {kind: 'event', entry: 'get', text: 'look 2, acting since 2026-03-01T03:00:00.000Z'},
    ]);
    expect(rig.events.filter(({kind}) => kind === 'event')).toHaveLength(looks);
  });

  test('ends what a gate said last with one full stop', () => {
    expect(entryTimedOut('smoke', true, 120_000, '/ answers 503, not 200.').message).toBe(
      'smoke was not done after 120 s: / answers 503, not 200.',
    );
  });

  test('fails a step that is not done in time, and says how far it was', async () => {
    const rig = new Rig({
      runbook: book.step('get', order, {
        ...onA,
        input: () => ({label: 'x', text: 'tea'}),
        timeoutMs: 4_000,
      }),
      shelves: [new Shelf('a')],
    });

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'step-timeout',
        message: 'get was not done after 4 s: x is empty, tea is on its way.',
      },
    });
    expect(rig.clock.elapsedMs).toBeGreaterThanOrEqual(4_000);
    expect(rig.clock.elapsedMs).toBeLessThan(6_000);
  });

  describe('a target that is set to take its own time', () => {
    // As a service of ECS with a bake time: on the way, and on the way back.
    const slow = defineStep({
      ...order,
      name: 'shelf.slow-order',
      timeoutMs: 1_000,
      check: async (look) => {
        const verdict = await order.check(look);
        const back = await look.targets.shelf.read('back');
        return verdict.kind === 'waiting' || back !== null
          ? waitingFor(`x is on its way`, 5_000)
          : verdict;
      },
      reverse: async () => [
        {on: 'shelf', does: 'send x back', perform: (writer) => writer.put('back', 'today')},
      ],
    });
    const slowRig = (a: Shelf) =>
      new Rig({
        runbook: book.step('get', slow, {...onA, input: () => ({label: 'x', text: 'tea'})}),
        shelves: [a],
      });

    test('is waited for so much longer than the limit of the entry, also in a reversal', async () => {
      const a = new Shelf('a');
      const rig = slowRig(a);
      rig.clock.onTick = (ms) => ms > 4_000 && a.boxes.set('x', 'tea');
      expect(await rig.run()).toEqual({kind: 'done'});

      const sinceMs = rig.clock.elapsedMs;
      rig.clock.onTick = (ms) => {
        if (ms > sinceMs + 4_000) {
          a.boxes.clear();
        }
      };
      expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
      expect(rig.clock.elapsedMs).toBeGreaterThan(sinceMs + 4_000);
    });

    test('is not waited for any longer', async () => {
      expect(await slowRig(new Shelf('a')).run()).toMatchObject({
        problem: {code: 'step-timeout', message: 'get was not done after 6 s: x is on its way.'},
      });
    });
  });

  test('says what an action was waiting for when its time is over', async () => {
    const message = 'AWS still refuses calls for service web because there are too many.';
    const refused = {code: 'aws-throttled', message, hint: 'Wait.'};
    const waits = {
      on: 'shelf',
      does: 'update web',
      perform: (_writer: unknown, signal: AbortSignal) =>
        new Promise<void>((_done, fail) => {
          signal.addEventListener('abort', () => fail(new SwitcharooError(refused)));
        }),
    } as const;
    const rig = new Rig({
      runbook: book.step(
        'get',
        {...fill, plan: async () => [waits]},
        {...onA, input: () => ({texts: {x: 'tea'}}), timeoutMs: 200},
      ),
      shelves: [new Shelf('a')],
    });

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'action-timeout',
        message: `get was still at "update web" on a after 0.2 s. ${message}`,
      },
    });
  });

  test('fails a gate that does not open in time', async () => {
    const rig = new Rig({
      runbook: book.step('wait', holds, {...onA, input: () => ({label: 'x', text: 'tea'})}),
      shelves: [new Shelf('a', {x: 'coffee'})],
    });

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'gate-timeout',
        message: 'wait was not done after 5 s: x is coffee, waiting for tea.',
      },
    });
    expect(rig.story).toEqual([
      'run-started',
      'entry-started wait',
      'entry-failed wait (gate-timeout)',
      'answered failure wait: stop',
      'run-paused (gate-timeout)',
    ]);
  });

  test('fails at once what is blocked', async () => {
    const rig = new Rig({
      runbook: book.step('wait', holds, {...onA, input: () => ({label: 'x', text: 'tea'})}),
      shelves: [new Shelf('a', {x: 'broken'})],
    });

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'entry-blocked', message: 'x on a is broken.', hint: 'Mend it.'},
    });
    expect(rig.clock.elapsedMs).toBe(0);
  });

  test('says so when its actions went through and somebody undid them', async () => {
    const a = new Shelf('a', {x: 'old'});
    a.afterPut = () => {
      a.boxes.set('x', 'meddled');
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toMatchObject({
      problem: {
        code: 'step-ineffective',
        message: 'set performed its actions, but they had no effect: x is meddled, not new.',
      },
    });
    expect(a.effects).toHaveLength(1);
  });

  test('settles by a look an answer that was lost although the write was made', async () => {
    const a = new Shelf('a', {x: 'old'});
    a.afterPut = () => {
      throw new Error('the line went dead');
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.story.slice(3)).toEqual([
      'action-intended set: put new into x on a',
      'action-failed set: put new into x on a (action-failed)',
      'entry-done set',
      'run-done',
    ]);
    expect(a.effects).toEqual(['a: x = new']);
  });

  test('a write that was refused fails the step, with the cause in the words of the target', async () => {
    const a = new Shelf('a', {x: 'old'});
    a.beforePut = () => {
      throw new Error('the shelf is painted.');
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toMatchObject({
      problem: {
        code: 'action-failed',
        message: 'set failed at "put new into x" on a: the shelf is painted.',
      },
    });
  });

  test('a foreseen problem of a target is told as it is', async () => {
    const problem = {code: 'shelf-painted', message: 'a is painted.', hint: 'Let it dry.'};
    const a = new Shelf('a');
    a.beforePut = () => {
      throw new SwitcharooError(problem);
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toEqual({kind: 'paused', problem});
  });

  test('a look that cannot be taken is tried a few times, then the entry fails', async () => {
    const a = new Shelf('a', {x: 'old'});
    let looks = 0;
    a.onRead = () => {
      looks += 1;
      throw new Error('no route to a');
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toMatchObject({
      problem: {code: 'check-failed', message: 'set could not be checked: no route to a.'},
    });
    expect(looks).toBe(5);
    expect(rig.story).not.toContain('before set {"x":"old"}');
  });

  test('a connection lost between the look and the plan is looked at again, like any other', async () => {
    const a = new Shelf('a', {x: 'old'});
    let reads = 0;
    a.onRead = () => {
      reads += 1;
      if (reads === 2) {
        throw new Error('no route to a');
      }
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new'})), shelves: [a]});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(a.effects).toEqual(['a: x = new']);
  });

  test('keeps the first before-image when it goes on after a failure half-way', async () => {
    const a = new Shelf('a', {x: 'old', y: 'old'});
    a.beforePut = (words) => {
      if (words.includes('y') && a.effects.length === 1) {
        a.beforePut = () => {};
        throw new Error('jammed');
      }
    };
    const rig = new Rig({runbook: book.step('set', fill, put({x: 'new', y: 'new'})), shelves: [a]});
    rig.operator.deciding = () => ({choice: 'retry'});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.story.filter((line) => line.startsWith('before'))).toEqual([
      'before set {"x":"old","y":"old"}',
    ]);
    expect(a.effects).toEqual(['a: x = new', 'a: y = new']);
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({x: 'old', y: 'old'});
  });

  test('a later process keeps the first before-image too, and does only what remains', async () => {
    const a = new Shelf('a', {x: 'old', y: 'old'});
    a.beforePut = (words) => {
      if (words.includes('y')) {
        throw new Error('jammed');
      }
    };
    const runbook = book.step('set', fill, put({x: 'new', y: 'new'}));
    const first = new Rig({runbook, shelves: [a]});
    expect(await first.run()).toMatchObject({kind: 'paused'});

    a.beforePut = () => {};
    const second = first.reopened();
    expect(await second.run()).toEqual({kind: 'done'});
    expect(a.effects).toEqual(['a: x = new', 'a: y = new']);
    expect(await second.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({x: 'old', y: 'old'});
  });

  test('puts a step that must not stay half-way back before anybody is asked', async () => {
    const a = new Shelf('a', {x: 'old', y: 'old'});
    a.beforePut = (words) => {
      if (words === 'a: y = new') {
        throw new Error('jammed');
      }
    };
    const runbook = book.step('set', fillOrNot, put({x: 'new', y: 'new'}));
    const rig = new Rig({runbook, shelves: [a]});

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'action-failed'}});
    expect(a.picture).toEqual({x: 'old', y: 'old'});
    expect(rig.operator.failures).toMatchObject([{entry: 'set', changesInPlace: []}]);
    expect(rig.story.slice(-8)).toEqual([
      'action-failed set: put new into y on a (action-failed)',
      'entry-failed set (action-failed)',
      'entry-reversing set',
      'action-intended set: put old into x on a (back)',
      'action-performed set: put old into x on a (back)',
      'entry-reversed set',
      'answered failure set: stop',
      'run-paused (action-failed)',
    ]);
  });

  test('calls it a failed reversal when a step that must not stay half-way cannot be put back', async () => {
    const a = new Shelf('a', {x: 'old', y: 'old'});
    a.beforePut = (words) => {
      if (words !== 'a: x = new') {
        throw new Error('jammed');
      }
    };
    const runbook = book.step('set', fillOrNot, put({x: 'new', y: 'new'}));
    const rig = new Rig({runbook, shelves: [a]});

    expect(await rig.run()).toMatchObject({
      kind: 'reverse-failed',
      problem: {
        message: 'set failed at "put old into x" on a: jammed.',
      },
    });
    expect(rig.operator.failures).toEqual([]);
    expect(rig.progress).toMatchObject({outcome: 'reverse-failed'});
  });

  test('fails, and says until when, where what cannot be put back ends by itself', async () => {
    const a = new Shelf('a', {x: 'old', y: 'old'});
    a.beforePut = (words) => {
      if (words !== 'a: x = new' && a.picture['x'] === 'new') {
        throw new Error('jammed');
      }
    };
    const runbook = book.step('set', fillForAWhile, put({x: 'new', y: 'new'}));
    const rig = new Rig({runbook, shelves: [a]});

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        message: expect.stringMatching(
          /^set failed at "put old into x" on a: jammed\. It empties the boxes by itself, at \d\d:\d\d:\d\d UTC at the latest\.$/,
        ),
      },
    });
    expect(rig.operator.failures).toMatchObject([{entry: 'set'}]);
    expect(rig.progress).toMatchObject({outcome: 'paused'});
    expect(rig.progress.entries.get('set')).toMatchObject({state: 'failed', applied: true});
    // As if the time were over.
    delete a.beforePut;
    expect(await rig.reverse(null)).toMatchObject({kind: 'reversed'});
    expect(a.picture).toEqual({x: 'old', y: 'old'});
  });

  test('a step that needs the output of a skipped one would have given fails, and says which', async () => {
    const a = new Shelf('a');
    a.beforePut = (words) => {
      if (words.includes('x')) {
        throw new Error('jammed');
      }
    };
    const runbook = book
      .step('set', fill, put({x: 'new'}))
      .step('label', fill, {...onA, input: ({outputs}) => ({texts: {note: outputs.set.filled}})});
    const rig = new Rig({runbook, shelves: [a]});
    rig.operator.deciding = ({entry}) =>
      entry === 'set' ? {choice: 'skip', reason: 'not today'} : {choice: 'stop'};

    expect(await rig.run()).toMatchObject({
      problem: {
        code: 'input-unavailable',
        message: 'label needs the output of set, but set was not done.',
      },
    });
    expect(rig.story).toContain('entry-skipped set: not today');
  });

  test('ends at the checkpoint it was told, and goes on from there', async () => {
    const a = new Shelf('a');
    const runbook = book
      .step('one', fill, put({x: '1'}))
      .checkpoint('half')
      .step('two', fill, put({y: '2'}));
    const first = new Rig({runbook, shelves: [a]});

    expect(await first.run('half')).toEqual({kind: 'reached', until: 'half'});
    expect(a.picture).toEqual({x: '1'});
    expect(await first.reopened().run()).toEqual({kind: 'done'});
    expect(a.picture).toEqual({x: '1', y: '2'});
  });

  test('changes nothing when the checkpoint at which it is to end does not exist', async () => {
    const a = new Shelf('a');
    const runbook = book.step('one', fill, put({x: '1'})).checkpoint('half');
    const rig = new Rig({runbook, shelves: [a]});

    expect(await rig.run('halv')).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'unknown-entry',
        message: 'halv is neither a checkpoint nor an entry of tidy-up; its checkpoints are half.',
      },
    });
    expect(a.effects).toEqual([]);
  });

  test('asks at the point of no return, and holds before it on a no', async () => {
    const a = new Shelf('a', {x: 'letter'});
    const runbook = book
      .pointOfNoReturn('Ashes are forever.')
      .step('burn', burn, {...onA, input: () => ({label: 'x'})});
    const rig = new Rig({runbook, shelves: [a]});
    rig.operator.answering = () => 'no';

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'declined'}});
    expect(a.effects).toEqual([]);
    expect(rig.operator.asked).toEqual([
      {
        about: 'point-of-no-return',
        entry: null,
        question: 'Pass the point of no return?',
        details: [
          'Ashes are forever.',
          'After it, a reversal to any earlier checkpoint is refused.',
        ],
        mustType: 'pantry',
        head: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.operator.asked).toHaveLength(1);
    expect(a.picture).toEqual({});
  });

  test('holds at the point of no return when nobody is there', async () => {
    const rig = new Rig({runbook: book.pointOfNoReturn('Ashes.'), shelves: []});
    rig.operator.answering = () => 'unasked';

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'answer-required'}});
    expect(rig.story).toEqual(['run-started', 'run-paused (answer-required)']);
  });

  test('goes back when told so at a failure, and says for which failure it did', async () => {
    const a = new Shelf('a', {x: 'old'});
    a.beforePut = (words) => {
      if (words.includes('y')) {
        throw new Error('jammed');
      }
    };
    const runbook = book
      .step('one', fill, put({x: 'new'}))
      .checkpoint('half')
      .step('two', fill, put({y: '2'}));
    const rig = new Rig({runbook, shelves: [a]});
    rig.operator.isPerson = true;
    rig.operator.deciding = () => ({choice: 'reverse', to: null});

    expect(await rig.run()).toMatchObject({
      kind: 'reversed',
      to: null,
      problem: {code: 'action-failed'},
    });
    // The changes in place are no news: the journal has them.
    expect(
      rig.journal.entries.filter((fact) => fact.kind === 'asked' && fact.about === 'failure'),
    ).toMatchObject([{details: []}]);
    expect(a.picture).toEqual({x: 'old'});
    expect(rig.operator.failures).toMatchObject([
      {
        entry: 'two',
        changesInPlace: ['one (shelf.fill)', 'two (shelf.fill)'],
        reversibleTo: [null, 'half'],
      },
    ]);
  });

  const jammedBook = book
    .step('one', fill, put({x: 'new'}))
    .checkpoint('half')
    .step('two', fill, put({y: '2'}));
  const jammed = () => {
    const a = new Shelf('a', {x: 'old'});
    a.beforePut = (words) => {
      if (words.includes('y')) {
        throw new Error('jammed');
      }
    };
    return a;
  };

  test('shows the plan and asks before it reverses, by name where that is protected', async () => {
    const a = jammed();
    const rig = new Rig({runbook: jammedBook, shelves: [a], protected: true});
    rig.operator.deciding = () => ({choice: 'reverse', to: null});
    let planned = false;
    rig.operator.answering = () => {
      planned = rig.events.some(({kind}) => kind === 'reverse-planned');
      return 'no';
    };

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'action-failed'}});
    expect(rig.operator.asked).toMatchObject([
      {about: 'reversal', question: 'Reverse to the start on pantry?', mustType: 'pantry'},
    ]);
    expect([planned, a.picture]).toEqual([true, {x: 'new'}]);
  });

  test('asks nothing for a reversal that was declared before the run', async () => {
    const a = jammed();
    const rig = new Rig({runbook: jammedBook, shelves: [a], protected: true});
    rig.operator.deciding = () => ({choice: 'reverse', to: 'half', declared: true});

    expect(await rig.run()).toMatchObject({kind: 'reversed', to: 'half'});
    expect(rig.operator.asked).toEqual([]);
    expect(rig.events.filter(({kind}) => kind === 'reverse-planned')).toHaveLength(1);
  });
});

describe('a journal that refuses a line', () => {
  const lost = lockLost('tidy-up@pantry', 'bob@bastion (pid 1)');
  const both = book.together('Both', (group) =>
    group
      .step('left', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: '1', y: '1'}})})
      .step('right', fill, {on: {shelf: 'b'}, input: () => ({texts: {x: '2', y: '2'}})}),
  );

  /** Takes `count` lines of this kind, and from then on none at all. */
  function refusingAfter(count: number, kind: string) {
    let seen = 0;
    return (fact: {readonly kind: string}) => {
      seen += fact.kind === kind ? 1 : 0;
      if (seen > count) {
        throw new SwitcharooError(lost);
      }
    };
  }

  test('is never acted against: nothing is done to any target that was not written down first', async () => {
    for (let count = 0; count < 4; count += 1) {
      const shelves = [new Shelf('a'), new Shelf('b')] as const;
      const watching = {before: refusingAfter(count, 'action-intended')};
      const rig = new Rig({runbook: both, shelves, watching});

      await expect(rig.run()).rejects.toMatchObject({problem: lost});
      expect(rig.effects).toHaveLength(count);
    }
  });

  test('after an action leaves its outcome to the look of whoever goes on', async () => {
    const shelves = [new Shelf('a'), new Shelf('b')] as const;
    const watching = {before: refusingAfter(0, 'action-performed')};
    const rig = new Rig({runbook: both, shelves, watching});
    await expect(rig.run()).rejects.toMatchObject({problem: lost});

    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(new Set(later.effects).size).toBe(4);
    expect(later.effects).toHaveLength(4);
  });

  test('because of a secret in a before-image fails that entry, and nothing was done', async () => {
    const a = new Shelf('a', {x: 'hunter2'});
    const problem = secretInJournal('before', 'set');
    const before = ({kind}: {readonly kind: string}) => {
      if (kind === 'before') {
        throw new SwitcharooError(problem);
      }
    };
    const runbook = book.step('set', fill, put({x: 'new'}));
    const rig = new Rig({runbook, shelves: [a], watching: {before}});

    expect(await rig.run()).toEqual({kind: 'paused', problem});
    expect(rig.story.slice(1)).toEqual([
      'entry-started set',
      'entry-failed set (secret-in-journal)',
      'answered failure set: stop',
      'run-paused (secret-in-journal)',
    ]);
    expect(a.effects).toEqual([]);
  });
});

describe('entries that run together', () => {
  const together = book.together('Fill both', (group) =>
    group
      .step('left', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: '1'}})})
      .step('right', fill, {on: {shelf: 'b'}, input: () => ({texts: {x: '2'}})}),
  );

  test('all come to their own end before anyone decides about one', async () => {
    const a = new Shelf('a');
    const b = new Shelf('b');
    a.beforePut = () => {
      throw new Error('jammed');
    };
    let free = () => {};
    b.beforePut = () =>
      new Promise((resolve) => {
        free = resolve;
      });
    const rig: Rig = new Rig({runbook: together, shelves: [a, b]});
    rig.operator.deciding = () => {
      expect(rig.story).toContain('entry-done right');
      return {choice: 'stop'};
    };

    const running = rig.run();
    await until(() => rig.story.includes('entry-failed left (action-failed)'));
    expect(rig.operator.failures).toEqual([]);
    free();
    expect(await running).toMatchObject({kind: 'paused', problem: {code: 'action-failed'}});
    expect(b.picture).toEqual({x: '2'});
  });

  test('each failure is decided on its own: what is skipped does not retry another', async () => {
    const a = new Shelf('a');
    const b = new Shelf('b');
    const jam = () => {
      throw new Error('jammed');
    };
    a.beforePut = jam;
    b.beforePut = jam;
    const rig = new Rig({runbook: together, shelves: [a, b]});
    rig.operator.deciding = ({entry}) =>
      entry === 'left' ? {choice: 'skip', reason: 'later'} : {choice: 'stop'};

    expect(await rig.run()).toMatchObject({kind: 'paused'});
    expect(rig.story.filter((line) => line.startsWith('entry-started'))).toEqual([
      'entry-started left',
      'entry-started right',
    ]);
    expect(rig.operator.failures.map(({entry}) => entry)).toEqual(['left', 'right']);
  });

  test('a retry does not begin again what is done', async () => {
    const a = new Shelf('a');
    a.beforePut = () => {
      a.beforePut = () => {};
      throw new Error('jammed');
    };
    const rig = new Rig({runbook: together, shelves: [a, new Shelf('b')]});
    rig.operator.deciding = () => ({choice: 'retry'});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.story.filter((line) => line.includes('entry-started'))).toEqual([
      'entry-started left',
      'entry-started right',
      'entry-started left',
    ]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
