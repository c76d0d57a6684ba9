import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {burn, fill, fillLockable, fillSeen, holdMail, holds, order, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
});
const onA = {on: {shelf: 'a'}} as const;
const put = (texts: Record<string, string>) => ({...onA, input: () => ({texts})});

const three = book
  .step('one', fill, put({x: '1'}))
  .checkpoint('first')
  .step('two', fill, put({y: '2', z: '2'}))
  .step('three', fill, put({w: '3'}));

const oldBoxes = {x: 'old', y: 'old'};

async function afterRunning(runbook: ConstructorParameters<typeof Rig>[0]['runbook'] = three) {
  const a = new Shelf('a', oldBoxes);
  const rig = new Rig({runbook, shelves: [a]});
  await rig.run();
  return {a, rig};
}

/** Goes back as far as one change that does not work, once. */
async function reverseJammedAt(change: string, {a, rig}: {a: Shelf; rig: Rig}): Promise<void> {
  a.beforePut = (words) => {
    if (words === change) {
      throw new Error('jammed');
    }
  };
  expect(await rig.reverse()).toMatchObject({kind: 'reverse-failed'});
  a.beforePut = () => {};
}

describe('the way back', () => {
  test('goes newest first, journals before it acts, and looks after each entry', async () => {
    const {a, rig} = await afterRunning();
    const forward = rig.story.length;

    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(rig.story.slice(forward)).toEqual([
      'run-resumed',
      'reverse-started (start)',
      'entry-reversing three',
      'action-intended three: empty w on a (back)',
      'action-performed three: empty w on a (back)',
      'entry-reversed three',
      'entry-reversing two',
      'action-intended two: put old into y on a (back)',
      'action-performed two: put old into y on a (back)',
      'action-intended two: empty z on a (back)',
      'action-performed two: empty z on a (back)',
      'entry-reversed two',
      'entry-reversing one',
      'action-intended one: put old into x on a (back)',
      'action-performed one: put old into x on a (back)',
      'entry-reversed one',
      'run-reversed (start)',
    ]);
    expect(a.picture).toEqual(oldBoxes);
  });

  test('asks again what is left where an action failed, though a look sees the world as before', async () => {
    const {a, rig} = await afterRunning(book.step('one', fillSeen, put({x: '1', unseen: '1'})));
    let failures = 0;
    a.beforePut = (words) => {
      if (words === 'a: unseen = null' && failures === 0) {
        failures += 1;
        throw new Error('the shelf is busy');
      }
    };
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(failures).toBe(1);
    expect(a.picture).toEqual(oldBoxes);
  });

  test('has failed where an action fails again, though a look sees the world as before', async () => {
    const {a, rig} = await afterRunning(book.step('one', fillSeen, put({x: '1', unseen: '1'})));
    a.beforePut = (words) => {
      if (words === 'a: unseen = null') {
        throw new Error('the shelf is busy');
      }
    };
    expect(await rig.reverse()).toMatchObject({kind: 'reverse-failed'});
    expect(a.picture).toEqual({...oldBoxes, unseen: '1'});
  });

  test('tells of the failure itself, where there is no time left to ask again', async () => {
    const {a, rig} = await afterRunning(book.step('one', fillSeen, put({x: '1', unseen: '1'})));
    // Its own answer comes before that of its limit.
    rig.clock.after = () => () => {};
    let failures = 0;
    a.beforePut = async (words) => {
      if (words === 'a: unseen = null') {
        failures += 1;
        await rig.clock.sleep(20_000, rig.aborting.signal);
        throw new Error('the shelf is busy');
      }
    };
    expect(await rig.reverse()).toMatchObject({
      kind: 'reverse-failed',
      problem: {
        code: 'action-failed',
        message: expect.stringContaining('the shelf is busy'),
      },
    });
    expect(failures).toBe(1);
    expect(a.picture).toEqual({...oldBoxes, unseen: '1'});
  });

  test('puts back what no look sees, wherever it dies after an action that failed', async () => {
    const deaths: string[] = [];
    for (let lines = 1; ; lines += 1) {
      const {a, rig} = await afterRunning(book.step('one', fillSeen, put({x: '1', unseen: '1'})));
      let failures = 0;
      a.beforePut = (words) => {
        if (words === 'a: unseen = null' && failures === 0) {
          failures += 1;
          throw new Error('the shelf is busy');
        }
      };
      let left = lines;
      const after = () => {
        left -= 1;
        if (left === 0) {
          throw new Error('died');
        }
      };
      const first = rig.reopened({watching: {after}});
      const end = await first.reverse().catch(({message}: Error) => message);
      if (end !== 'died') {
        expect(end).toEqual({kind: 'reversed', to: null});
        break;
      }
      deaths.push(first.story.at(-1) ?? '');
      expect(await first.reopened().reverse()).toEqual({kind: 'reversed', to: null});
      expect(a.picture).toEqual(oldBoxes);
    }
    expect(deaths).toContain('action-failed one: empty unseen on a (action-failed)');
    expect(deaths.at(-1)).toBe('run-reversed (start)');
  });

  test('is planned with the same words that it then performs, and the plan changes nothing', async () => {
    const {a, rig} = await afterRunning();
    const effects = [...a.effects];
    const lines = [...rig.journal.lines];
    const plan = await rig.reversePlan();

    expect(plan).toEqual({
      run: 'r1',
      to: null,
      digest: (await rig.reversePlan()).digest,
      lines: [
        {
          entry: 'three',
          phase: 'Start',
          unit: 'shelf.fill',
          summary: 'Puts back what was in each box.',
          outlook: 'change',
          actions: [{target: 'a', does: 'empty w'}],
        },
        {
          entry: 'two',
          phase: 'Start',
          unit: 'shelf.fill',
          summary: 'Puts back what was in each box.',
          outlook: 'change',
          actions: [
            {target: 'a', does: 'put old into y'},
            {target: 'a', does: 'empty z'},
          ],
        },
        {
          entry: 'one',
          phase: 'Start',
          unit: 'shelf.fill',
          summary: 'Puts back what was in each box.',
          outlook: 'change',
          actions: [{target: 'a', does: 'put old into x'}],
        },
      ],
    });
    expect([a.effects, rig.journal.lines]).toEqual([effects, lines]);
  });

  test('to a checkpoint leaves what was done before it, and the run can go forward from there', async () => {
    const {a, rig} = await afterRunning();

    expect(await rig.reverse('first')).toEqual({kind: 'reversed', to: 'first'});
    expect(a.picture).toEqual({x: '1', y: 'old'});
    expect(rig.progress).toMatchObject({outcome: 'reversed', checkpoints: ['first']});

    expect(await rig.reopened().run()).toEqual({kind: 'done'});
    expect(a.picture).toEqual({w: '3', x: '1', y: '2', z: '2'});
  });

  test('from the start of the run again, all of it is done again', async () => {
    const {a, rig} = await afterRunning();
    await rig.reverse();
    const again = rig.reopened();

    expect(await again.run()).toEqual({kind: 'done'});
    expect(a.picture).toEqual({w: '3', x: '1', y: '2', z: '2'});
    expect(await again.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('a gate is waited for again after going back behind it', async () => {
    const a = new Shelf('a', {valve: 'open'});
    const runbook = book
      .step('wait', holds, {...onA, input: () => ({label: 'valve', text: 'open'})})
      .step('one', fill, put({x: '1'}));
    const rig = new Rig({runbook, shelves: [a]});
    await rig.run();
    await rig.reverse();
    a.boxes.set('valve', 'shut');

    expect(await rig.reopened().run()).toMatchObject({problem: {code: 'gate-timeout'}});
    expect(a.picture).toEqual({valve: 'shut'});
  });

  test('stops at what somebody else has changed since, and shows both', async () => {
    const {a, rig} = await afterRunning(
      book.step('one', fill, put({x: '1'})).step('two', fill, put({y: '2', z: '2'})),
    );
    a.boxes.set('y', 'meddled');
    const message =
      'two is neither as this run left it nor as it was before: it is {"y":"meddled","z":"2"}; before the run it was {"y":"old","z":null}.';

    expect((await rig.reversePlan()).lines[0]).toEqual({
      entry: 'two',
      phase: 'Start',
      unit: 'shelf.fill',
      summary: 'Puts back what was in each box.',
      outlook: 'drift',
      actions: [],
      detail: message,
      hint: expect.stringContaining('Agree with them'),
    });
    expect(await rig.reverse()).toMatchObject({
      kind: 'reverse-failed',
      problem: {code: 'drift-detected', message},
    });
    expect(a.picture).toEqual({x: '1', y: 'meddled', z: '2'});

    a.boxes.set('y', '2');
    expect(await rig.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('is whole once nothing is kept back, where others go on using what was changed', async () => {
    const held = book.step('hold', holdMail, {...onA, input: () => ({})});
    const a = new Shelf('a', {mail: 'first'});
    const rig = new Rig({runbook: held, shelves: [a]});
    await rig.run();
    expect(a.picture).toEqual({kept: 'first'});

    a.boxes.set('mail', 'second');
    expect((await rig.reversePlan()).lines).toMatchObject([{entry: 'hold', outlook: 'change'}]);
    a.afterPut = (words) => {
      // Taken out as soon as it is back: nothing looks as it did, and nothing of the run is left.
      if (words === 'a: mail = second, first') {
        a.boxes.delete('mail');
      }
    };
    expect(await rig.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({});
  });

  test('leaves alone what is already as it was before', async () => {
    const {a, rig} = await afterRunning();
    a.boxes.set('y', 'old');
    a.boxes.delete('z');

    expect((await rig.reversePlan()).lines[1]).toMatchObject({
      entry: 'two',
      outlook: 'restored',
      actions: [],
    });
    const effects = a.effects.length;
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.effects.slice(effects)).toEqual(['a: w = null', 'a: x = old']);
  });

  test('puts back what was only half done', async () => {
    const a = new Shelf('a', oldBoxes);
    a.beforePut = (words) => {
      if (words.includes('z')) {
        throw new Error('jammed');
      }
    };
    const rig = new Rig({runbook: three, shelves: [a]});
    await rig.run();
    expect(a.picture).toEqual({x: '1', y: '2'});

    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('does not take for drift what a newer change, itself only half made, has made of the same thing', async () => {
    const a = new Shelf('a', oldBoxes);
    const rig = new Rig({
      runbook: book.step('one', fill, put({x: '1'})).step('two', fill, put({x: '2', y: '2'})),
      shelves: [a],
    });
    a.afterPut = (words) => {
      if (words === 'a: x = 2') {
        throw new Error('the answer was lost');
      }
    };
    await rig.run();

    const {lines} = await rig.reversePlan();
    expect(lines.map(({entry, outlook, detail: says}) => [entry, outlook, says])).toEqual([
      ['two', 'change', undefined],
      ['one', 'pending', 'two is reversed first; then this is checked again'],
    ]);
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('waits for a system that is away for a moment, as one that restarts', async () => {
    const {a, rig} = await afterRunning();
    let away = 7;
    a.onRead = () => {
      if (away > 0) {
        away -= 1;
        throw new Error('no route to a');
      }
    };

    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('fails loudly when a system stays away, and says of which entry', async () => {
    const {a, rig} = await afterRunning();
    a.onRead = () => {
      throw new Error('no route to a');
    };

    expect(await rig.reverse()).toMatchObject({
      kind: 'reverse-failed',
      problem: {code: 'check-failed', message: 'three could not be checked: no route to a.'},
    });
  });

  test('stops where a step says that going back would lose something', async () => {
    const {a, rig} = await afterRunning(
      book.step('one', fill, put({x: '1'})).step('two', fillLockable, put({y: '2'})),
    );
    a.boxes.set('lock', 'yes');

    expect((await rig.reversePlan()).lines).toMatchObject([
      {entry: 'two', outlook: 'blocked', detail: 'a is locked.', hint: 'Unlock it first.'},
      {entry: 'one', outlook: 'change'},
    ]);
    expect(await rig.reverse()).toEqual({
      kind: 'reverse-failed',
      problem: {code: 'entry-blocked', message: 'a is locked.', hint: 'Unlock it first.'},
    });
    expect(a.picture).toEqual({lock: 'yes', x: '1', y: '2'});
  });

  test('does not claim what no look has seen', async () => {
    const {a, rig} = await afterRunning(book.step('one', fill, put({x: '1'})));
    a.afterPut = () => {
      a.boxes.set('x', 'meddled');
    };

    expect(await rig.reverse()).toMatchObject({
      kind: 'reverse-failed',
      problem: {
        code: 'reversal-ineffective',
        message:
          'one was reversed, but is not as it was before: it is {"x":"meddled"}; before the run it was {"x":"old"}.',
      },
    });
    expect(rig.story).not.toContain('entry-reversed one');
    expect(rig.progress.outcome).toBe('reverse-failed');
  });

  test('settles by a look a way back whose answer was lost', async () => {
    const {a, rig} = await afterRunning(book.step('one', fill, put({x: '1'})));
    a.afterPut = () => {
      throw new Error('the line went dead');
    };

    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(rig.story).toContain('entry-reversed one');
  });

  test('waits for the world to be back, within the limit of the entry', async () => {
    const a = new Shelf('a', {parcel: 'coffee'});
    const rig = new Rig({
      runbook: book.step('get', order, {...onA, input: () => ({label: 'parcel', text: 'tea'})}),
      shelves: [a],
    });
    rig.clock.onTick = () => a.boxes.set('parcel', a.boxes.get('parcel ordered') ?? 'coffee');
    await rig.run();
    a.beforePut = () => {
      rig.clock.onTick = (ms) => ms > 5_000 && a.boxes.set('parcel', 'coffee');
    };

    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({parcel: 'coffee'});
  });

  test('is tried again after it has failed, and ends whole', async () => {
    const {a, rig} = await afterRunning();
    await reverseJammedAt('a: z = null', {a, rig});

    const later = rig.reopened();
    expect(later.progress.reversingTo).toMatchObject({to: null});
    expect(await later.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
    expect(new Set(a.effects).size).toBe(a.effects.length);
  });

  test('can end earlier than where it was begun to go, as long as nothing before that place has gone back', async () => {
    const {a, rig} = await afterRunning();
    await reverseJammedAt('a: z = null', {a, rig});

    const later = rig.reopened();
    expect(await later.reverse('first')).toEqual({kind: 'reversed', to: 'first'});
    expect(a.picture).toEqual({x: '1', y: 'old'});
    const again = later.reopened();
    expect(again.progress).toMatchObject({outcome: 'reversed', checkpoints: ['first']});
    expect(await again.run()).toEqual({kind: 'done'});
    expect(await again.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('cannot end at a place behind which it is already', async () => {
    const {a, rig} = await afterRunning();
    await reverseJammedAt('a: x = old', {a, rig});

    const later = rig.reopened();
    await expect(later.reverse('first')).rejects.toMatchObject({
      problem: {
        code: 'already-reversed-past',
        message: expect.stringContaining('one, which comes'),
      },
    });
    expect(await later.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(oldBoxes);
  });

  test('knows no checkpoint that the run has not reached', async () => {
    const a = new Shelf('a');
    const rig = new Rig({runbook: three.checkpoint('last'), shelves: [a]});
    await rig.run('first');

    for (const wanted of ['last', 'none', 'firts']) {
      await expect(rig.reverse(wanted)).rejects.toMatchObject({
        problem: {
          code: 'unknown-checkpoint',
          message: `${wanted} is not a checkpoint that this run has reached; it has reached first.`,
          hint: expect.stringMatching(
            wanted === 'firts' ? /^Did you mean first\? Name one/ : /^Name one/,
          ),
        },
      });
    }
  });
});

describe('after the point of no return', () => {
  const forEver = book
    .step('one', fill, put({x: '1'}))
    .checkpoint('before')
    .pointOfNoReturn('Ashes are forever.')
    .step('two', fill, put({y: '2'}))
    .checkpoint('after')
    .step('three', fill, put({z: '3'}))
    .checkpoint('late')
    .step('burn', burn, {...onA, input: () => ({label: 'letter'})})
    .step('four', fill, put({v: '4'}));

  async function burnt() {
    const a = new Shelf('a', {letter: 'dear'});
    const rig = new Rig({runbook: forEver, shelves: [a]});
    await rig.run();
    return {a, rig};
  }

  test('going back behind it is refused', async () => {
    const {a, rig} = await burnt();
    const effects = a.effects.length;
    for (const to of [null, 'before']) {
      await expect(rig.reverse(to)).rejects.toMatchObject({
        problem: {
          code: 'past-point-of-no-return',
          message: 'r1 has passed its point of no return: Ashes are forever.',
        },
      });
    }
    expect(a.effects.length).toBe(effects);
  });

  test('what cannot be reversed is never said to be reversed', async () => {
    const {a, rig} = await burnt();
    const effects = a.effects.length;

    for (const to of ['after', 'late']) {
      await expect(rig.reversePlan(to), to).rejects.toMatchObject({
        problem: {
          code: 'irreversible-step-applied',
          message: `burn was applied after ${to}, and cannot be reversed: Ashes hold no text.`,
        },
      });
    }
    expect(a.effects.length).toBe(effects);
  });

  test('going back to a place after it, with nothing one-way in between, is fine', async () => {
    const a = new Shelf('a', {letter: 'dear'});
    const rig = new Rig({runbook: forEver, shelves: [a]});
    await rig.run('late');

    expect(await rig.reverse('after')).toEqual({kind: 'reversed', to: 'after'});
    expect(a.picture).toEqual({letter: 'dear', x: '1', y: '2'});
  });

  test('a failure offers only the places to which it can still go back', async () => {
    const a = new Shelf('a', {letter: 'dear'});
    a.beforePut = (words) => {
      if (words.includes('v')) {
        throw new Error('jammed');
      }
    };
    const rig = new Rig({runbook: forEver.checkpoint('end'), shelves: [a]});
    await rig.run();
    expect(rig.operator.failures).toMatchObject([{entry: 'four', reversibleTo: []}]);
  });
});
