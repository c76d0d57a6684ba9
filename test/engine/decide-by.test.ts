import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {burn, fill, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
})
  .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})})
  .step('valve', holds, {
    on: {shelf: 'a'},
    input: () => ({label: 'valve', text: 'open'}),
    timeoutMs: 3_600_000,
  })
  .confirm('accept', {question: 'Accept?', after: ['valve']})
  .pointOfNoReturn('Ashes are forever.')
  .step('burn', burn, {on: {shelf: 'a'}, input: () => ({label: 'letter'})});

const start = {x: 'old', letter: 'dear'};
// The clock of the rig begins at 03:00.
const decideByUtc = '2026-03-01T03:01:00.000Z';
const passed = {
  code: 'decide-by-passed',
  message: 'The cutover was not accepted by 2026-03-01T03:01:00.000Z: valve is not done yet.',
};

describe('a time by which the cutover must be accepted', () => {
  test('ends the wait when it passes: the run holds, and the way back is offered', async () => {
    const a = new Shelf('a', start);
    const rig = new Rig({runbook, shelves: [a], decideByUtc});

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: passed});
    expect(rig.operator.failures).toMatchObject([
      {entry: 'valve', problem: passed, changesInPlace: ['set (shelf.fill)'], reversibleTo: [null]},
    ]);
    expect(a.picture).toMatchObject({x: 'new', letter: 'dear'});
    expect(rig.clock.elapsedMs).toBeLessThan(120_000);
  });

  test('leads back when that is the answer, and everything is as before', async () => {
    const a = new Shelf('a', start);
    const rig = new Rig({runbook, shelves: [a], decideByUtc});
    rig.operator.deciding = () => ({choice: 'reverse', to: null});

    expect(await rig.run()).toMatchObject({kind: 'reversed', to: null, problem: passed});
    expect(a.picture).toEqual(start);
  });

  test('begins nothing of a run that is resumed too late, until somebody has decided to go on', async () => {
    const a = new Shelf('a', start);
    const first = new Rig({runbook, shelves: [a], decideByUtc});
    await first.run('set');
    const late = first.reopened({decideByUtc: '2026-03-01T02:00:00.000Z'});
    await late.run();
    expect(late.story.at(-1)).toBe('run-paused (decide-by-passed)');
    expect(a.effects).toEqual(['a: x = new']);

    a.boxes.set('valve', 'open');
    const again = late.reopened({decideByUtc: '2026-03-01T02:00:00.000Z'});
    again.operator.deciding = () => ({choice: 'retry'});
    expect(await again.run()).toEqual({kind: 'done'});
    expect(again.operator.failures).toHaveLength(1);
    expect(again.story).toContain('answered failure valve: retry');
  });

  test('counts also after an approval before the outage: that one accepts no cutover', async () => {
    const on = {on: {shelf: 'a'}} as const;
    const asked = defineRunbook({
      name: 'tidy-up',
      summary: 'Tidy up.',
      params: z.object({}),
      targets: {a: shelf},
      outage: {from: ['set'], until: ['open']},
    })
      .confirm('go', {question: 'Go?'})
      .step('set', fill, {...on, input: () => ({texts: {x: 'new'}})})
      .step('valve', holds, {
        ...{...on, timeoutMs: 3_600_000},
        input: () => ({label: 'valve', text: 'open'}),
      })
      .step('open', fill, {...on, input: () => ({texts: {y: 'new'}})});
    const rig = new Rig({runbook: asked, shelves: [new Shelf('a', start)], decideByUtc});

    expect(await rig.run()).toMatchObject({kind: 'paused', problem: passed});
  });

  test('is no more once the cutover was accepted: what remains is done however late it is', async () => {
    const a = new Shelf('a', {...start, valve: 'open'});
    const rig = new Rig({runbook, shelves: [a], decideByUtc});
    await rig.run('accept');
    await rig.clock.sleep(3_600_000, new AbortController().signal);

    const later = rig.reopened({decideByUtc});
    await later.clock.sleep(3_600_000, new AbortController().signal);
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.operator.failures).toEqual([]);
    expect(a.picture).toEqual({x: 'new', valve: 'open'});
  });
});
