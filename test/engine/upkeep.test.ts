import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {upkeepTurn} from '../../src/engine/upkeep-due.ts';
import {defineGate, defineStep, done, holds, lapsed, pending} from '../../src/index.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {blocked} from '../../src/model/verdict.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const isClosed = {fact: 'port', of: 'shelf', is: 'closed'} as const;

/** A lock that springs open whenever somebody shakes the shelf. */
const lock = defineStep({
  name: 'shelf.lock',
  summary: 'Lock the shelf.',
  targets: {shelf},
  input: z.object({}),
  before: z.object({was: z.string().nullable()}),
  output: z.object({key: z.string()}),
  needs: {shelf: []},
  timeoutMs: 10_000,
  reverses: 'Opens the lock.',
  effects: [isClosed],
  upkeep: [
    {
      of: isClosed,
      check: async ({targets}, {output, at}) => {
        const is = await targets.shelf.read('lock');
        if (is === 'broken') {
          return blocked('The lock of a is broken.', 'Buy a new one.');
        }
        return is === output.key
          ? holds()
          : lapsed(`since some time after ${at.toISOString().slice(0, 10)}`, {
              what: 'lock of a',
              is: is ?? 'open',
              shouldBe: output.key,
            });
      },
      restore: async () => [
        {on: 'shelf', does: 'lock it', perform: (writer) => writer.put('lock', 'shut')},
      ],
    },
  ],
  check: async ({targets}) => {
    const is = await targets.shelf.read('lock');
    return is === 'shut' ? done({key: 'shut'}) : pending({was: is});
  },
  plan: async () => [
    {on: 'shelf', does: 'lock it', perform: (writer) => writer.put('lock', 'shut')},
  ],
  reverse: async (_look, {was}) => [
    {on: 'shelf', does: 'open it', perform: (writer) => writer.put('lock', was)},
  ],
});

const unlock = defineStep({
  ...lock,
  name: 'shelf.unlock',
  effects: [{...isClosed, is: 'open'}],
  relies: [isClosed],
  upkeep: [],
  check: async ({targets}) =>
    (await targets.shelf.read('lock')) === null ? done({key: ''}) : pending({was: 'shut'}),
  plan: async () => [{on: 'shelf', does: 'open it', perform: (writer) => writer.put('lock', null)}],
});

const counted = defineGate({
  name: 'shelf.counted',
  summary: 'Check that all was counted.',
  targets: {shelf},
  input: z.object({}),
  output: z.object({}),
  needs: {shelf: []},
  timeoutMs: 1_000,
  check: async () => done({}),
});

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
  outage: {from: ['sweep'], until: ['unlock']},
})
  .step('lock', lock, {on: {shelf: 'a'}, input: () => ({})})
  .checkpoint('locked')
  .step('counted', counted, {on: {shelf: 'a'}, input: () => ({})})
  .confirm('go', {question: 'Go?'})
  .step('label', fill, {on: {shelf: 'a'}, input: () => ({texts: {label: 'new'}})})
  .step('sweep', fill, {on: {shelf: 'a'}, input: () => ({texts: {floor: 'clean'}})})
  .step('unlock', unlock, {on: {shelf: 'a'}, input: () => ({})})
  .step('dust', fill, {on: {shelf: 'a'}, input: () => ({texts: {dust: 'none'}})});

function rigged() {
  const a = new Shelf('a');
  return {a, rig: new Rig({runbook, shelves: [a]})};
}

const againStory = [
  'entry-lapsed',
  'action-intended lock: lock it on a',
  'action-performed lock: lock it on a',
  'entry-upheld',
];

describe('a change in place that ended from outside', () => {
  test('is in the plan of a resumed run, with what makes it so again, and never "in place"', async () => {
    const {a, rig} = rigged();
    await rig.run('locked');
    const lineOf = async () =>
      (await rig.plan()).items.find((item) => item.kind === 'entry' && item.entry === 'lock');
    expect(await lineOf()).toMatchObject({outlook: 'applied', evidence: 'checked'});
    a.boxes.delete('lock');
    expect(await lineOf()).toMatchObject({
      outlook: 'change',
      evidence: 'checked',
      differences: [{what: 'lock of a', is: 'open', shouldBe: 'shut'}],
      actions: [{target: 'a', does: 'lock it'}],
      remarks: [expect.stringMatching(/^lock is no longer in place, since some time after /)],
    });
    a.boxes.set('lock', 'broken');
    expect(await lineOf()).toMatchObject({outlook: 'blocked', detail: 'The lock of a is broken.'});
  });

  test('is made again when a run is resumed, before anything else, and journaled', async () => {
    const {a, rig} = rigged();
    await rig.run('locked');
    a.boxes.delete('lock');
    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    const story = later.story.slice(rig.story.length);
    expect(story.slice(0, 6)).toEqual(['run-resumed', ...againStory, 'entry-started counted']);
  });

  test('is made again before the question and after the answer, and right before an outage', async () => {
    const {a, rig} = rigged();
    const seen: string[] = [];
    rig.operator.answering = () => {
      seen.push(a.picture['lock'] ?? 'open');
      a.boxes.delete('lock');
      return 'yes';
    };
    a.afterPut = (words) => {
      if (words === 'a: label = new') {
        a.boxes.delete('lock');
      }
    };
    a.onRead = (label) => {
      if (label === 'floor') {
        seen.push(`sweeping, ${a.picture['lock'] ?? 'open'}`);
      }
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(seen[0]).toBe('shut');
    expect(seen[1]).toBe('sweeping, shut');
    expect(rig.story.filter((line) => line === 'entry-upheld')).toHaveLength(2);
    const at = (line: string) => rig.story.indexOf(line);
    expect(at('entry-started label')).toBeGreaterThan(at('entry-upheld'));
  });

  test('that cannot be made again stops the next entry, and a retry goes on once it is mended', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => {
      a.boxes.set('lock', 'broken');
      return 'yes';
    };
    rig.operator.deciding = ({entry, problem}) => {
      expect([entry, problem.message]).toEqual(['label', 'The lock of a is broken.']);
      a.boxes.set('lock', 'shut');
      return {choice: 'retry'};
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures).toHaveLength(1);
    expect(a.effects.filter((words) => words.startsWith('a: label'))).toHaveLength(1);
  });

  test('and was skipped past is looked at again by the next entry', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => {
      a.boxes.set('lock', 'broken');
      return 'yes';
    };
    rig.operator.deciding = ({entry}) =>
      entry === 'label' ? {choice: 'skip', reason: 'no label'} : {choice: 'stop'};
    expect(await rig.run()).toMatchObject({kind: 'paused'});
    expect(rig.operator.failures.map(({entry}) => entry)).toEqual(['label', 'sweep']);
    expect(a.picture['floor']).toBeUndefined();
  });

  test('is left alone once a later entry has changed it, or nobody relies on it', async () => {
    const {a, rig} = rigged();
    a.beforePut = (words) => {
      if (words.startsWith('a: dust')) {
        throw new Error('the process died');
      }
    };
    await rig.run();
    const later = rig.reopened();
    delete a.beforePut;
    expect(await later.run()).toEqual({kind: 'done'});
    expect(a.picture['lock']).toBeUndefined();
    expect(later.story).not.toContain('entry-lapsed');
  });

  test('on which visitors rely is looked at until the run is over, also behind the point of no return', async () => {
    const a = new Shelf('a');
    const [upkeep] = lock.upkeep ?? [];
    const lastEntries = defineRunbook({
      name: 'tidy-up',
      summary: 'Tidy up.',
      params: z.object({}),
      targets: {a: shelf},
    })
      .step(
        'lock',
        {...lock, upkeep: upkeep ? [{...upkeep, reliedOnBy: 'visitors'}] : []},
        {on: {shelf: 'a'}, input: () => ({})},
      )
      .step('label', fill, {on: {shelf: 'a'}, input: () => ({texts: {label: 'new'}})})
      .pointOfNoReturn('The key is gone.')
      .step('dust', fill, {on: {shelf: 'a'}, input: () => ({texts: {dust: 'none'}})})
      .checkpoint('dusted')
      .step('floor', fill, {on: {shelf: 'a'}, input: () => ({texts: {floor: 'clean'}})});
    const rig = new Rig({runbook: lastEntries, shelves: [a]});
    a.afterPut = (words) => {
      if (words === 'a: label = new') {
        a.boxes.delete('lock');
      }
    };
    await rig.run('dusted');
    expect(rig.story.filter((line) => line === 'entry-upheld')).toHaveLength(1);
    expect(rig.story.indexOf('entry-started dust')).toBeGreaterThan(
      rig.story.indexOf('entry-upheld'),
    );
    a.boxes.delete('lock');
    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(a.picture['lock']).toBe('shut');
  });

  test('on which visitors rely is looked at before each entry, and for a reversal where people are asked', async () => {
    const [upkeep] = lock.upkeep ?? [];
    const lockFor = (reliedOnBy: 'visitors' | 'reversal') => ({
      ...lock,
      upkeep: upkeep ? [{...upkeep, reliedOnBy}] : [],
    });
    const stories = await Promise.all(
      (['visitors', 'reversal'] as const).map(async (whom) => {
        const nightly = defineRunbook({
          name: 'tidy-up',
          summary: 'Tidy up.',
          params: z.object({}),
          targets: {a: shelf},
          outage: {from: ['sweep'], until: ['label']},
        })
          .step('sweep', fill, {on: {shelf: 'a'}, input: () => ({texts: {floor: 'clean'}})})
          .step('lock', lockFor(whom), {on: {shelf: 'a'}, input: () => ({})})
          .step('deploy', fill, {on: {shelf: 'a'}, input: () => ({texts: {shop: 'new'}})})
          .step('label', fill, {on: {shelf: 'a'}, input: () => ({texts: {label: 'new'}})})
          .step('dust', fill, {on: {shelf: 'a'}, input: () => ({texts: {dust: 'none'}})})
          .confirm('accept', {question: 'Accept?'})
          .pointOfNoReturn('The key is gone.')
          .step('floor', fill, {on: {shelf: 'a'}, input: () => ({texts: {floor: 'swept'}})});
        const shelfOf = new Shelf('a');
        const rig = new Rig({runbook: nightly, shelves: [shelfOf]});
        const opensAfter = ['a: shop = new', 'a: label = new', 'a: floor = swept'];
        shelfOf.afterPut = (words) => {
          if (opensAfter.includes(words)) {
            shelfOf.boxes.delete('lock');
          }
        };
        rig.operator.answering = ({entry}) => {
          if (entry === null) {
            shelfOf.boxes.delete('lock');
          }
          return 'yes';
        };
        expect(await rig.run()).toEqual({kind: 'done'});
        return rig.story.filter((line) => /^entry-(upheld|started (label|dust|floor))/.test(line));
      }),
    );
    expect(stories).toEqual([
      [
        ...['entry-upheld', 'entry-started label', 'entry-upheld', 'entry-started dust'],
        ...['entry-upheld', 'entry-started floor'],
      ],
      ['entry-started label', 'entry-started dust', 'entry-upheld', 'entry-started floor'],
    ]);
  });

  test('is made again once, also when nobody heard that it was', async () => {
    const {a, rig} = rigged();
    await rig.run('locked');
    a.boxes.delete('lock');
    const dying = rig.reopened();
    a.afterPut = () => {
      throw new Error('the process died');
    };
    expect(await dying.run()).toMatchObject({kind: 'paused'});
    delete a.afterPut;
    const later = dying.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.story.filter((line) => line === 'entry-upheld')).toHaveLength(1);
    expect(a.effects.filter((words) => words === 'a: lock = shut')).toHaveLength(2);
  });
});

describe('what a gate has proven', () => {
  const compared = defineGate({...counted, name: 'shelf.compared', freshForMs: 60_000});
  const withAge = defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
    outage: {from: ['sweep'], until: ['dust']},
  })
    .step('compared', compared, {on: {shelf: 'a'}, input: () => ({})})
    .checkpoint('ready')
    .confirm('go', {question: 'Go?'})
    .step('sweep', fill, {on: {shelf: 'a'}, input: () => ({texts: {floor: 'clean'}})})
    .confirm('accept', {question: 'Accept?'})
    .step('dust', fill, {on: {shelf: 'a'}, input: () => ({texts: {dust: 'none'}})});
  const proofs = ({story}: Rig) => story.filter((line) => line === 'entry-started compared').length;

  test('counts for its time: it is not checked again at a question within it', async () => {
    const rig = new Rig({runbook: withAge, shelves: [new Shelf('a')]});
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(proofs(rig)).toBe(1);
  });

  test('is proven anew before the question once it is older, and the plan says so', async () => {
    const rig = new Rig({runbook: withAge, shelves: [new Shelf('a')]});
    await rig.run('ready');
    const later = rig.reopened();
    later.clock.elapsedMs += 61_000;
    const [line] = (await later.plan()).items;
    expect(line).toMatchObject({
      outlook: 'wait',
      remarks: [expect.stringMatching(/^compared was done .* ago, and counts for 1 m 00 s/)],
    });
    // In the outage there is no time for it.
    later.operator.answering = ({entry}) => {
      if (entry === 'accept') {
        later.clock.elapsedMs += 61_000;
      }
      return 'yes';
    };
    expect(await later.run()).toEqual({kind: 'done'});
    expect(proofs(later)).toBe(2);
    expect(later.story.indexOf('answered confirmation go: yes')).toBeGreaterThan(
      later.story.lastIndexOf('entry-started compared'),
    );
  });
});

test('nothing is looked at where visitors already wait: an outage that begins in a hold', () => {
  const put = (texts: Readonly<Record<string, string>>) => ({
    on: {shelf: 'a'} as const,
    input: () => ({texts}),
  });
  const connections = {fact: 'connections', of: 'shelf', are: 'held'} as const;
  const released = {...connections, are: 'released'} as const;
  const held = defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
    outage: {from: ['sweep'], until: ['open']},
  })
    .step('label', fill, put({label: 'new'}))
    .step(
      'hold',
      defineStep({...fill, name: 'shelf.hold', effects: [connections]}),
      put({door: 'shut'}),
    )
    .step('sweep', fill, put({floor: 'clean'}))
    .step('open', fill, put({door: 'open'}))
    .step('release', defineStep({...fill, name: 'shelf.release', effects: [released]}), put({}))
    .step('dust', fill, put({dust: 'none'}));
  const looks = held.entries.map((entry) => `${entry.id}: ${upkeepTurn(held, [entry])}`);
  expect(looks).toEqual([
    'label: for-visitors',
    'hold: all',
    'sweep: none',
    'open: none',
    'release: none',
    'dust: for-visitors',
  ]);
});
