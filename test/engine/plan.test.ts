import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import type {PlanItem} from '../../src/model/plan.ts';
import type {AnyRunbook} from '../../src/model/runbook.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {burn, fill, holds, holdsDearly, order, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({text: z.string().default('new')}),
  targets: {a: shelf, b: shelf},
});
const onA = {on: {shelf: 'a'}} as const;
const onB = {on: {shelf: 'b'}} as const;
const put = (texts: Record<string, string>) => ({...onA, input: () => ({texts})});

describe('a plan', () => {
  test('shows every entry with its outlook, and how it knows', async () => {
    const runbook = book
      .step('valve', holds, {...onA, input: () => ({label: 'valve', text: 'open'})})
      .step('lamp', fill, put({lamp: 'on'}))
      .step('set', fill, put({x: 'new', y: 'new'}))
      .checkpoint('half')
      .phase('Later')
      .step('wait', holds, {...onB, input: () => ({label: 'tea', text: 'hot'})})
      .step('more', fill, put({z: 'new'}))
      .step('label', fill, {
        ...onB,
        input: ({outputs}) => ({texts: {label: outputs.set.filled}}),
      })
      .step('after', holds, {
        ...onB,
        input: () => ({label: 'label', text: 'x'}),
        after: ['label', 'set'],
      })
      .confirm('go', {question: 'Go?'})
      .step('dear', holdsDearly, {...onB, input: () => ({label: 'tea', text: 'hot'})})
      .pointOfNoReturn('Ashes are forever.')
      .step('burn', burn, {...onB, input: () => ({label: 'letter'})});
    const rig = new Rig({
      runbook,
      shelves: [
        new Shelf('a', {valve: 'open', lamp: 'on', x: 'old'}),
        new Shelf('b', {letter: 'dear'}),
      ],
    });

    expect((await rig.plan()).items.map(shortly)).toEqual([
      'valve: open, checked',
      'lamp: already-in-place, checked',
      'set: change, checked [put new into x; put new into y]',
      '— half —',
      'wait: wait, checked (tea is empty, waiting for hot)',
      'more: change, predicted [put new into z]',
      'label: pending, known-after set',
      'after: pending, known-after label set',
      'go: ask, checked (Go?)',
      'dear: pending, predicted (skipped when planning)',
      '— Ashes are forever. —',
      'burn: change, predicted [burn letter]',
    ]);
  });

  test('of a change says what is there, what should be, and what was seen for the way back', async () => {
    const rig = new Rig({
      runbook: book.step('set', fill, put({x: 'new'})),
      shelves: [new Shelf('a', {x: 'old'})],
    });

    expect(await rig.plan()).toMatchObject({
      runbook: {name: 'tidy-up', summary: 'Tidy up.'},
      inventory: {name: 'pantry', digest: 'i1', protected: false},
      items: [
        {
          kind: 'entry',
          entry: 'set',
          phase: 'Start',
          unit: 'shelf.fill',
          unitKind: 'step',
          targets: ['a'],
          differences: [{what: 'x', is: 'old', shouldBe: 'new'}],
          actions: [{target: 'a', does: 'put new into x'}],
          before: {x: 'old'},
        },
      ],
    });
  });

  test('has all problems at once, and goes on after each', async () => {
    const b = new Shelf('b');
    b.onRead = () => {
      throw new Error('no route to b');
    };
    const runbook = book
      .step('broken', holds, {...onA, input: () => ({label: 'valve', text: 'open'})})
      .step('unreachable', fill, {...onB, input: () => ({texts: {x: 'new'}})})
      .step('unfit', fill, {...onA, input: () => ({texts: {x: 5 as unknown as string}})})
      .step('throws', fill, {
        ...onA,
        input: () => {
          throw new Error('the lambda is wrong');
        },
      })
      .step('fine', fill, put({x: 'new'}));
    const rig = new Rig({runbook, shelves: [new Shelf('a', {valve: 'broken'}), b]});

    expect((await rig.plan()).items.map(shortly)).toEqual([
      'broken: blocked, checked (entry-blocked: valve on a is broken.)',
      'unreachable: blocked, checked (check-failed: unreachable could not be checked: no route to b.)',
      expect.stringMatching(/^unfit: blocked, checked \(input-invalid: The input of unfit is/),
      'throws: blocked, checked (error-in-your-code: The input of throws failed in your code, at test/engine/plan.test.ts:103: the lambda is wrong.)',
      'fine: change, checked [put new into x]',
    ]);
  });

  test('of a runbook that asks for what no earlier entry gives is blocked, not known later', async () => {
    const runbook: AnyRunbook = book.step('set', fill, put({x: 'new'})).step('label', fill, {
      ...onA,
      // As in a file that was never compiled.
      input: ({outputs}) => ({texts: {label: (outputs as any).sett.filled}}),
    });
    const rig = new Rig({runbook, shelves: [new Shelf('a')]});

    expect((await rig.plan()).items.map(shortly)[1]).toBe(
      'label: blocked, predicted (input-invalid: The input of label is not valid: it asks for what sett gives, and sett is no earlier entry)',
    );
  });

  test('changes nothing, and is the same twice', async () => {
    const a = new Shelf('a', {x: 'old'});
    const runbook = book
      .step('set', fill, put({x: 'new'}))
      .step('wait', holds, {...onA, input: () => ({label: 'n', text: 'end'})})
      .step('label', fill, {...onB, input: () => ({texts: {label: 'x'}})});
    const rig = new Rig({runbook, shelves: [a, new Shelf('b')]});
    // What a wait says moves by itself.
    let looks = 0;
    a.onRead = (label) => {
      looks += 1;
      if (label === 'n') {
        a.boxes.set('n', String(looks));
      }
    };

    const first = await rig.plan();
    rig.clock.sleep(5_000, new AbortController().signal);
    const second = await rig.plan();
    expect(second.digest).toBe(first.digest);
    expect(rig.effects).toEqual([]);
    expect(rig.journal.lines).toEqual([]);
  });

  test('has another digest once the world, the parameters or the runbook are others', async () => {
    const planOf = async (runbook: AnyRunbook, boxes: Record<string, string>, params?: object) =>
      (await new Rig({runbook, params, shelves: [new Shelf('a', boxes)]}).plan()).digest;
    const runbook = book.step('set', fill, put({x: 'new'}));
    const digests = [
      await planOf(runbook, {x: 'old'}),
      await planOf(runbook, {x: 'older'}),
      await planOf(runbook, {x: 'new'}),
      await planOf(runbook, {x: 'old'}, {text: 'other'}),
      await planOf(book.step('set', fill, put({x: 'other'})), {x: 'old'}),
      await planOf(runbook.checkpoint('end'), {x: 'old'}),
      await planOf(book.step('sets', fill, put({x: 'new'})), {x: 'old'}),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('of a run that stands half-way shows what stands, what remains, and what was skipped', async () => {
    const a = new Shelf('a', {lamp: 'on', y: 'old', z: 'old'});
    a.beforePut = (words) => {
      if (words.startsWith('a: w') || words.startsWith('a: z')) {
        throw new Error('jammed');
      }
    };
    const runbook = book
      .step('lamp', fill, put({lamp: 'on'}))
      .step('set', fill, put({x: 'new'}))
      .step('skipped', fill, put({w: 'new'}))
      .step('two', fill, put({y: 'new', z: 'new'}))
      .step('order', order, {...onA, input: () => ({label: 'parcel', text: 'tea'})});
    const rig = new Rig({runbook, shelves: [a]});
    rig.operator.deciding = ({entry}) =>
      entry === 'skipped' ? {choice: 'skip', reason: 'not needed'} : {choice: 'stop'};
    await rig.run();

    const {items} = await rig.plan();
    expect(items.map(shortly)).toEqual([
      'lamp: already-in-place, journaled',
      'set: applied, journaled',
      'skipped: skipped, journaled',
      'two: change, checked [put new into z]',
      'order: change, predicted [order tea for parcel]',
    ]);
    expect(items[3]).toMatchObject({before: {y: 'old', z: 'old'}});
  });
});

function shortly(item: PlanItem): string {
  if (item.kind !== 'entry') {
    return `— ${item.kind === 'checkpoint' ? item.name : item.because} —`;
  }
  const {entry, outlook, evidence, knownAfter, actions, detail: says, code} = item;
  return [
    `${entry}: ${outlook}, ${[evidence, ...knownAfter].join(' ')}`,
    ...(actions.length > 0 ? [`[${actions.map(({does}) => does).join('; ')}]`] : []),
    ...(says ? [`(${code ? `${code}: ` : ''}${says})`] : []),
  ].join(' ');
}
