import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {progressOf} from '../../src/model/progress.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, holds, Shelf, shelf, smellsRight} from './fakes.ts';
import {Rig} from './rig.ts';

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({who: z.string()}),
  targets: {a: shelf},
})
  .step('valve', holds, {on: {shelf: 'a'}, input: () => ({label: 'valve', text: 'open'})})
  .step('lamp', holds, {on: {shelf: 'a'}, input: () => ({label: 'lamp', text: 'on'})})
  .confirm('go', {question: 'Go?', details: ({params}) => [`${params.who} is waiting.`]})
  .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})});

function rigged() {
  const a = new Shelf('a', {valve: 'open', lamp: 'on'});
  return {a, rig: new Rig({runbook, shelves: [a], params: {who: 'ada'}})};
}

describe('a confirmation', () => {
  test('asks with its details and the head of the journal, and goes on with a yes', async () => {
    const {a, rig} = rigged();

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.asked).toEqual([
      {
        about: 'confirmation',
        entry: 'go',
        question: 'Go?',
        details: ['ada is waiting.'],
        head: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(rig.story).toContain('answered confirmation go: yes');
    expect(a.picture['x']).toBe('new');
  });

  test('is in the journal while a person is asked, also when the process dies meanwhile', async () => {
    const {rig} = rigged();
    rig.operator.isPerson = true;
    rig.operator.answering = () => {
      throw new Error('the process died');
    };

    await expect(rig.run()).rejects.toThrow('the process died');
    const entries = rig.journal.entries;
    expect(progressOf(entries)?.questions).toEqual([
      {
        entry: 'go',
        about: 'confirmation',
        question: 'Go?',
        details: ['ada is waiting.'],
        person: 'ada',
        since: new Date(entries.at(-1)?.atUtc ?? 0),
      },
    ]);

    const later = rig.reopened();
    later.operator.isPerson = true;
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.story.filter((line) => line.includes('confirmation'))).toEqual([
      'asked ada confirmation go',
      'asked ada confirmation go',
      'answered confirmation go: yes',
    ]);
    expect(progressOf(later.journal.entries)?.questions).toEqual([]);
  });

  test('a question that was left is open no more: the run is paused', async () => {
    const {rig} = rigged();
    rig.operator.isPerson = true;
    rig.operator.answering = () => 'unasked';

    expect(await rig.run()).toMatchObject({kind: 'paused'});
    expect(progressOf(rig.journal.entries)?.questions).toEqual([]);
  });

  test('holds on a no: it neither goes on nor goes back, and asks again when it is resumed', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => 'no';

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'declined', message: 'ada answered no at go, so the run is paused.'},
    });
    expect(rig.operator.failures).toEqual([]);
    expect(a.effects).toEqual([]);
    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.operator.asked).toHaveLength(1);
  });

  test('holds when whoever is there turns away, and does not take it for a no', async () => {
    const {rig} = rigged();
    rig.operator.answering = () => 'unasked';

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {code: 'answer-required', message: 'go needs an answer, and ada gave none.'},
    });
    expect(rig.story.filter((line) => line.startsWith('answered'))).toEqual([]);
  });

  test('holds when nobody is there to answer', async () => {
    const {rig} = rigged();
    rig.operator.answering = () => 'unasked';
    rig.operator.name = 'nobody';

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'answer-required',
        message: 'go needs an answer, and there is no terminal.',
      },
    });
    expect(rig.story.filter((line) => line.startsWith('answered'))).toEqual([]);
  });

  test('is not asked before its gates are open again', async () => {
    const {a, rig} = rigged();
    let looksAtLamp = 0;
    a.onRead = (label) => {
      looksAtLamp += label === 'lamp' ? 1 : 0;
      if (label === 'lamp' && looksAtLamp === 2) {
        a.boxes.set('lamp', 'off');
      }
    };
    rig.clock.onTick = (ms) => ms > 2_000 && a.boxes.set('lamp', 'on');
    rig.operator.answering = () => {
      expect(a.boxes.get('lamp')).toBe('on');
      return 'yes';
    };

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.events).toContainEqual({
      kind: 'progress',
      entry: 'go',
      text: 'lamp is no longer open: lamp is off, waiting for on',
    });
  });

  test('does not count a yes that came after a gate had closed: it is asked again', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => {
      a.boxes.set('valve', rig.operator.asked.length === 1 ? 'shut' : 'open');
      return 'yes';
    };
    rig.clock.onTick = () => a.boxes.set('valve', 'open');

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.asked).toHaveLength(2);
    expect(rig.story.filter((line) => line.startsWith('answered'))).toHaveLength(2);
  });

  test('holds when a gate stays closed for longer than it may', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => {
      a.boxes.set('valve', 'shut');
      return 'yes';
    };

    expect(await rig.run()).toMatchObject({
      kind: 'paused',
      problem: {
        code: 'gate-timeout',
        message: 'valve was not done after 5 s: valve is shut, waiting for open.',
      },
    });
    expect(rig.operator.asked).toHaveLength(1);
    expect(a.effects).toEqual([]);
  });

  test('holds at once on a stop while it waits for a gate', async () => {
    const {a, rig} = rigged();
    rig.operator.answering = () => {
      a.boxes.set('valve', 'shut');
      return 'yes';
    };
    rig.clock.onTick = () => a.boxes.get('valve') === 'shut' && rig.stopping.abort('SIGTERM');

    expect(await rig.run()).toMatchObject({problem: {code: 'run-stopped'}});
  });

  test('of a gate that no look can open is the same question', async () => {
    const a = new Shelf('a');
    const book = defineRunbook({
      name: 'smell',
      summary: 'Smell.',
      params: z.object({}),
      targets: {a: shelf},
    })
      .step('smell', smellsRight, {on: {shelf: 'a'}, input: () => ({})})
      .step('label', fill, {
        on: {shelf: 'a'},
        input: ({outputs}) => ({texts: {by: outputs.smell.nose}}),
      });
    const rig = new Rig({runbook: book, shelves: [a]});

    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.asked).toMatchObject([
      {question: 'Does a smell right?', details: ['Go there.'], entry: 'smell'},
    ]);
    expect(a.picture).toEqual({by: 'a person'});
  });
});
