import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, fillOrNot, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
});
const onA = {on: {shelf: 'a'}} as const;
const two = {...onA, input: () => ({texts: {x: '1', y: '2'}})};
const waits = {...onA, input: () => ({label: 'valve', text: 'open'})};

/** The same as the operator's first, and second, Ctrl-C. */
const first = (rig: Rig) => rig.stopping.abort('SIGINT');
const second = (rig: Rig) => rig.aborting.abort(new Error('SIGINT, for the second time'));

describe('a signal', () => {
  test('lets the action in flight end, begins no other, and holds', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fill, two), shelves: [a]});
    a.afterPut = () => first(rig);

    expect(await rig.run()).toEqual({
      kind: 'paused',
      problem: {
        code: 'run-stopped',
        message: 'The run was stopped by SIGINT, and is paused between two actions.',
        hint: {text: 'Continue with', command: 'resume'},
      },
    });
    expect(rig.story.slice(-3)).toEqual([
      'action-intended set: put 1 into x on a',
      'action-performed set: put 1 into x on a',
      'run-paused (run-stopped)',
    ]);
    a.afterPut = () => {};
    expect(await rig.reopened().run()).toEqual({kind: 'done'});
    expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
  });

  test('during a look holds, and is no failure of the look', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fill, two), shelves: [a]});
    a.onRead = () => {
      first(rig);
      return new Promise(() => {});
    };

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(rig.story).toEqual(['run-started', 'entry-started set', 'run-paused (run-stopped)']);
  });

  test('during the look from which a step makes its plan holds too', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fill, two), shelves: [a]});
    let reads = 0;
    a.onRead = () => {
      reads += 1;
      if (reads < 3) {
        return;
      }
      first(rig);
      return new Promise(() => {});
    };

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(a.effects).toEqual([]);
  });

  test('while a gate is waited for holds at once', async () => {
    const rig = new Rig({runbook: book.step('wait', holds, waits), shelves: [new Shelf('a')]});
    rig.clock.onTick = () => first(rig);

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(rig.clock.elapsedMs).toBe(100);
  });

  test('puts a step back that must not stay half-way', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fillOrNot, two), shelves: [a]});
    a.afterPut = () => first(rig);

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(a.effects).toEqual(['a: x = 1', 'a: x = null']);
    expect(rig.progress.entries.get('set')).toMatchObject({state: 'reversed', applied: false});
  });

  test('at a question holds, and nobody has answered', async () => {
    const rig = new Rig({runbook: book.confirm('go', {question: 'Go?'}), shelves: []});
    rig.operator.answering = () => {
      first(rig);
      return 'unasked';
    };

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(rig.story).toEqual(['run-started', 'entry-started go', 'run-paused (run-stopped)']);
  });

  test('while entries run together lets each come to a safe place', async () => {
    const a = new Shelf('a');
    const both = book.together('Both', (group) =>
      group
        .step('left', fill, {...onA, input: () => ({texts: {x: '1', y: '2'}})})
        .step('right', holds, waits),
    );
    const rig = new Rig({runbook: both, shelves: [a]});
    a.afterPut = () => first(rig);

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(a.effects).toEqual(['a: x = 1']);
    a.afterPut = () => {};
    a.boxes.set('valve', 'open');
    expect(await rig.reopened().run()).toEqual({kind: 'done'});
  });

  test('during a reversal lets the entry come back whole, and holds before the next', async () => {
    const a = new Shelf('a');
    const runbook = book
      .step('one', fill, two)
      .step('two', fill, {...onA, input: () => ({texts: {z: '3', v: '4'}})});
    const rig = new Rig({runbook, shelves: [a]});
    await rig.run();
    a.afterPut = () => first(rig);

    expect(await rig.reverse()).toEqual({
      kind: 'paused',
      problem: {
        code: 'run-stopped',
        message:
          'The reversal was stopped by SIGINT before one, and is paused between two entries.',
        hint: {text: 'Continue with', command: 'resume'},
      },
    });
    expect(a.picture).toEqual({x: '1', y: '2'});
    a.afterPut = () => {};
    expect(await rig.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({});
  });

  test('while the way back is planned after a failure holds', async () => {
    const a = new Shelf('a');
    const runbook = book.step('one', fill, two).step('wait', holds, waits);
    const rig = new Rig({runbook, shelves: [a]});
    rig.operator.deciding = () => {
      a.onRead = () => {
        first(rig);
        return new Promise(() => {});
      };
      return {choice: 'reverse', to: null};
    };

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
    expect(rig.story.at(-1)).toBe('run-paused (run-stopped)');
  });

  test('while a plan is made ends it, and says that nothing was changed', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('one', fill, two), shelves: [a]});
    a.onRead = () => {
      first(rig);
      return new Promise(() => {});
    };

    await expect(rig.plan()).rejects.toMatchObject({
      problem: {
        code: 'run-stopped',
        message: 'The checks were stopped by SIGINT.',
        hint: 'Nothing was changed. Repeat the command when you are ready.',
      },
    });
  });
});

test('a signal while the way back is planned ends the look, and says that nothing was changed', async () => {
  const a = new Shelf('a');
  const rig = new Rig({runbook: book.step('one', fill, two), shelves: [a]});
  await rig.run();
  a.onRead = () => {
    first(rig);
    return new Promise(() => {});
  };

  await expect(rig.reversePlan()).rejects.toMatchObject({
    problem: {code: 'run-stopped', message: 'The checks were stopped by SIGINT.'},
  });
});

describe('a second signal', () => {
  test('ends even the action in flight, and says that its outcome is not known', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fill, two), shelves: [a]});
    a.beforePut = () => {
      first(rig);
      second(rig);
      return new Promise(() => {});
    };

    expect(await rig.run()).toEqual({
      kind: 'paused',
      problem: {
        code: 'run-stopped-in-action',
        message:
          'The run was stopped by SIGINT, and the outcome of "put 1 into x" at set is unknown.',
        hint: {text: 'Check the targets and continue with', command: 'resume'},
      },
    });
    expect(rig.progress.entries.get('set')).toMatchObject({
      applied: true,
      inFlight: 'put 1 into x',
    });
    a.beforePut = () => {};
    expect(await rig.reopened().run()).toEqual({kind: 'done'});
  });

  test('leaves half-way even what must not stay so, and says so', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fillOrNot, two), shelves: [a]});
    a.beforePut = (words) => {
      if (words.includes('y')) {
        first(rig);
        second(rig);
        return new Promise(() => {});
      }
    };

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'run-stopped-in-action'},
    });
    expect(rig.progress).toMatchObject({outcome: 'paused'});
    expect(rig.progress.entries.get('set')).toMatchObject({applied: true});
  });

  test('during a reversal holds there, and resume goes on with it', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: book.step('set', fill, two), shelves: [a]});
    await rig.run();
    a.beforePut = (words) => {
      if (words.includes('y')) {
        first(rig);
        second(rig);
        return new Promise(() => {});
      }
    };

    expect(await rig.reverse()).toEqual({
      kind: 'paused',
      problem: {
        code: 'run-stopped-in-action',
        message: 'The reversal was stopped by SIGINT during set, which is partly reversed.',
        hint: {text: 'Check the targets and continue with', command: 'resume'},
      },
    });
    expect(rig.story).not.toContain('entry-reversed set');
    a.beforePut = () => {};
    expect(await rig.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({});
  });
});
