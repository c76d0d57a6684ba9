import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {forecasterOf} from '../../src/forecast/forecast.ts';
import {outageLimit, outageRule} from '../../src/model/outage-limit.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {flagOperator} from '../../src/run/operators.ts';
import {exitCodeFor} from '../../src/run/outcome.ts';
import {digests, pastRun, shop, usual} from '../forecast/nights.ts';
import {fill, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const put = (texts: Readonly<Record<string, string>>) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts}),
});
const never = new AbortController().signal;

const base = {
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
};
const runbook = defineRunbook({
  ...base,
  outage: {from: ['freeze'], until: ['open'], longestMs: 60_000},
})
  .step('before', fill, put({before: 'new'}))
  .checkpoint('prepared')
  .step('freeze', fill, put({writes: 'off'}))
  .together('Wait', (group) =>
    group
      .step('valve', holds, {
        on: {shelf: 'a'},
        input: () => ({label: 'valve', text: 'open'}),
        timeoutMs: 3_600_000,
      })
      .step('lane', fill, put({lane: 'new'})),
  )
  .confirm('go', {question: 'Go on?'})
  .step('open', fill, put({other: 'on'}))
  .step('after', fill, put({after: 'new'}));

const start = {before: 'old', writes: 'on', valve: 'open'};
const thawed = {...start, before: 'new'};

function rigWith(boxes: Readonly<Record<string, string>> = {}) {
  const a = new Shelf('a', {...start, ...boxes});
  return {a, rig: new Rig({runbook, shelves: [a]})};
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), {once: true});
  });

const reversed = {kind: 'reversed', to: 'prepared', problem: {code: 'outage-too-long'}};

/** Nobody answers, and time passes until the limit. */
const nobodyAnswers = (rig: Rig) => async (_asked: unknown, signal?: AbortSignal) => {
  const ended = untilAborted(signal ?? never);
  await rig.clock.sleep(61_000, never);
  await ended;
};

describe('the longest outage', () => {
  test('ends a gate that polls, and everything is as before the outage', async () => {
    const {a, rig} = rigWith({valve: 'shut'});
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual({...thawed, valve: 'shut'});
    expect(rig.clock.elapsedMs).toBeLessThan(65_000);
    expect(rig.story).toContain('outage-limit-passed');
    expect(rig.operator.failures).toEqual([]);
  });

  test('ends an action in flight, and the other lane of its group', async () => {
    const {a, rig} = rigWith({valve: 'shut'});
    a.beforePut = async (words) => {
      if (words === 'a: lane = new') {
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual({...thawed, valve: 'shut'});
  });

  test('ends a question that nobody answers', async () => {
    const {a, rig} = rigWith();
    rig.operator.ask = async ({onAsked}, signal?: AbortSignal) => {
      onAsked?.('ada');
      await nobodyAnswers(rig)(undefined, signal);
      return {answer: 'unasked', by: 'nobody'};
    };
    let asking: Progress | undefined;
    rig.clock.onTick = () => {
      asking ??= rig.progress.questions.length > 0 ? rig.progress : undefined;
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
    expect(asking?.questions).toMatchObject([{entry: 'go', person: 'ada'}]);
    // Neither is the question open while it is reversed, nor is its entry checked.
    const {entries} = rig.journal;
    const reversing = progressOf(
      entries.slice(0, entries.findIndex(({kind}) => kind === 'entry-reversing') + 1),
    );
    expect(reversing?.questions).toEqual([]);
    expect(reversing?.entries.get('go')?.state).toBe('not-started');
  });

  test('ends the question whether to reverse that nobody answers', async () => {
    const {a, rig} = rigWith();
    a.beforePut = (words) => {
      if (words === 'a: lane = new') {
        throw new Error('the shelf is busy');
      }
    };
    rig.operator.deciding = () => ({choice: 'reverse', to: null});
    rig.operator.ask = async ({about}, signal?: AbortSignal) => {
      expect(about).toBe('reversal');
      await nobodyAnswers(rig)(undefined, signal);
      return {answer: 'unasked', by: 'nobody'};
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('ends the choice after a failure that nobody makes', async () => {
    const {a, rig} = rigWith();
    a.beforePut = (words) => {
      if (words === 'a: lane = new') {
        throw new Error('the shelf is busy');
      }
    };
    rig.operator.decide = async ({facts}, signal?: AbortSignal) => {
      expect(await facts?.()).toEqual([
        'OUTAGE: without a choice, the run reverses to prepared at 03:01:00 UTC.',
        'Then the outage exceeds its limit of 1 m 00 s. After a stop, no process ends the outage.',
        'A reversal now loses no writes: the new side has accepted none.',
      ]);
      await nobodyAnswers(rig)(undefined, signal);
      return {choice: 'stop', by: 'nobody'};
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('tells after a failure how long each reversal takes: for so long, users still cannot write', async () => {
    const a = new Shelf('a', start);
    const past = [pastRun(usual, {isReversed: true})];
    const forecast = forecasterOf({runbook: shop, digests, inventory: 'lab', params: {}, past});
    const rig = new Rig({runbook, shelves: [a], forecast});
    a.beforePut = (words) => {
      if (words === 'a: lane = new') {
        throw new Error('the shelf is busy');
      }
    };
    const told: (readonly string[] | undefined)[] = [];
    rig.operator.decide = async ({facts}) => {
      told.push(await facts?.());
      return {choice: 'reverse', to: 'prepared', by: 'ada'};
    };
    await rig.run();
    expect(told).toEqual([
      expect.arrayContaining([
        expect.stringMatching(/^A reversal from smoke to prepared takes .* s\.$/),
        expect.stringMatching(/^A reversal from smoke to the start takes .*\.$/),
      ]),
    ]);
  });

  test('asks, and reverses nothing by itself, once the new side may have writes', async () => {
    const {a, rig} = rigWith();
    let isBusy = true;
    a.beforePut = async (words) => {
      if (words === 'a: other = on' && isBusy) {
        isBusy = false;
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    rig.operator.deciding = () => ({choice: 'retry'});
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures).toMatchObject([
      {entry: 'open', problem: {code: 'outage-too-long'}, reversibleTo: [null, 'prepared']},
    ]);
    expect(a.picture).toMatchObject({writes: 'off', other: 'on', after: 'new'});
  });

  test('asks where the opening was skipped: somebody may have opened by hand', async () => {
    const {a, rig} = rigWith();
    a.onRead = (label) => {
      if (label === 'other') {
        throw new Error('the shelf is busy');
      }
    };
    a.beforePut = async (words) => {
      if (words === 'a: after = new') {
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    const facts: string[] = [];
    rig.operator.deciding = async ({entry, facts: told}) => {
      facts.push(...((await told?.()) ?? []));
      return entry === 'open' ? {choice: 'skip', reason: 'Opened by hand.'} : {choice: 'stop'};
    };
    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'outage-too-long'}});
    expect(a.picture).toMatchObject({writes: 'off'});
    expect(facts).toContain(
      'Whether a reversal now loses writes is unknown: since open, the new side may have writes of its own.',
    );
  });

  test('asks where what opens the new side was in place on arrival', async () => {
    const a = new Shelf('a', {...start, other: 'on'});
    const promoting = defineRunbook({
      ...base,
      outage: {from: ['freeze'], until: ['after'], promoted: ['open'], longestMs: 60_000},
    })
      .checkpoint('prepared')
      .step('freeze', fill, put({writes: 'off'}))
      .step('open', fill, put({other: 'on'}))
      .step('lane', fill, put({lane: 'new'}))
      .step('after', fill, put({after: 'new'}));
    const rig = new Rig({runbook: promoting, shelves: [a]});
    a.beforePut = async (words) => {
      if (words === 'a: lane = new') {
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'outage-too-long'}});
    expect(rig.operator.failures).toMatchObject([{entry: 'lane'}]);
    expect(a.picture).toMatchObject({writes: 'off'});
  });

  test.each([
    {name: 'nothing', onFailure: undefined},
    {name: '--on-failure stop', onFailure: 'stop' as const},
  ])(
    'once the new side may have writes, unattended with $name: pauses, and says so',
    async ({onFailure}) => {
      const {a, rig} = rigWith();
      a.beforePut = async (words) => {
        if (words === 'a: other = on') {
          await rig.clock.sleep(61_000, never);
          await untilAborted(never);
        }
      };
      const nobody = flagOperator({yes: true, lab: false, ...(onFailure ? {onFailure} : {})});
      rig.operator.ask = (question, signal = never) => nobody.ask(question, signal);
      rig.operator.decide = (failure, signal = never) => nobody.decide(failure, signal);
      const outcome = await rig.run();
      expect(outcome).toMatchObject({kind: 'paused', problem: {code: 'outage-too-long'}});
      expect(exitCodeFor(rig.progress, outcome)).toBe(5);
      // The old side is frozen, and nothing was reversed: the opening may have had its effect.
      expect(a.picture).toMatchObject({writes: 'off'});
      expect(a.picture).not.toHaveProperty('after');
      const kinds = rig.journal.entries.map(({kind}) => kind);
      expect(kinds.slice(kinds.indexOf('outage-limit-passed'))).toEqual([
        'outage-limit-passed',
        'answered',
        'run-paused',
      ]);
      expect(kinds).not.toContain('reverse-started');
      expect(rig.progress).toMatchObject({
        outcome: 'paused',
        problem: {code: 'outage-too-long'},
      });
    },
  );

  test('lasts as long again when somebody goes on, also in the next process', async () => {
    const {a, rig} = rigWith();
    a.beforePut = async (words) => {
      if (words === 'a: other = on') {
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    const facts: string[] = [];
    rig.operator.deciding = async (failure) => {
      const limit = outageLimit(rig.progress, rig.context.record.outage);
      facts.push(...((await failure.facts?.()) ?? []).slice(0, 3), String(limit?.limitMs));
      return rig.operator.failures.length < 2 ? {choice: 'retry'} : {choice: 'stop'};
    };
    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'outage-too-long'}});
    const asked = [
      'OUTAGE: nothing continues until you choose. A retry allows another 1 m 00 s.',
      'After a stop, no process ends the outage.',
      'A reversal now LOSES what the new side has written: no entry replicates it back.',
    ];
    const [first, second] = [facts[3], facts[7]];
    expect(facts).toEqual([...asked, first, ...asked, second]);
    expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(60_000);
    const since = rig.context.record.outage.since?.getTime() ?? 0;
    const later = rig.reopened();
    later.begin();
    const inForce = outageLimit(later.progress, later.context.record.outage);
    expect(inForce?.at.getTime()).toBe(since + Number(second));
  });

  test('counts from before a crash', async () => {
    const {a, rig} = rigWith();
    await rig.run('freeze');
    await rig.clock.sleep(90_000, never);
    const later = rig.reopened();
    await later.clock.sleep(90_000, never);
    expect(await later.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('is none of an outage that is over', async () => {
    const {a, rig} = rigWith();
    a.beforePut = async (words) => {
      if (words === 'a: after = new') {
        await rig.clock.sleep(9_000, never);
      }
    };
    expect(await rig.run()).toEqual({kind: 'done'});
  });

  test('is told with the question, before it and in it', async () => {
    const {rig} = rigWith();
    const facts: string[] = [];
    rig.operator.answering = async (question) => {
      facts.push(...((await question.facts?.()) ?? []));
      return 'yes' as const;
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(facts[0]).toBe(
      'OUTAGE: writes are refused now. Without an answer, the run reverses to prepared by itself at 03:01:00 UTC, when the outage exceeds its limit of 1 m 00 s. While the run is paused, no process watches the limit.',
    );
  });
});

describe('what happens past the longest outage', () => {
  const steps = (outage: {from: string[]; until: string[]; promoted?: string[]}) =>
    defineRunbook({...base, outage})
      .step('before', fill, put({before: 'new'}))
      .checkpoint('prepared');

  test('is a reversal to the nearest checkpoint before it, until the new side may have writes', () => {
    const promoted = steps({from: ['freeze'], until: ['open'], promoted: ['promote']})
      .step('freeze', fill, put({writes: 'off'}))
      .step('promote', fill, put({promoted: 'yes'}))
      .step('open', fill, put({other: 'on'}));
    expect(outageRule(promoted, 60_000)).toEqual({
      longestMs: 60_000,
      reversesTo: 'prepared',
      asksFrom: 'promote',
    });
    expect(outageRule(promoted, undefined)).toBeUndefined();
  });

  test('is a question where a point of no return is before the outage', () => {
    const committed = steps({from: ['freeze'], until: ['open']})
      .pointOfNoReturn('The old shelf is burnt.')
      .step('freeze', fill, put({writes: 'off'}))
      .step('open', fill, put({other: 'on'}));
    expect(outageRule(committed, 60_000)).toEqual({longestMs: 60_000, asksFrom: 'open'});
  });
});
