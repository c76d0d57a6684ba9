import {expect, test} from 'vitest';
import {type DrillFacts, drillScoresOf, drillText, plainPaint} from '../../src/report/index.ts';

const facts: DrillFacts = {
  run: '20260301-020000-ab12',
  runbook: 'bare-metal-to-ecs',
  seed: 4711,
  outcome: 'done',
  fault: {
    name: 'aurora',
    what: 'Aurora does not run',
    entry: 'caught-up',
    causedAtUtc: '2026-03-01T02:00:00.000Z',
    repairedAtUtc: '2026-03-01T02:01:00.000Z',
  },
  decisions: [],
  stoppedAtUtc: null,
  stoppedInOutage: false,
  outageMs: null,
  longestOutageMs: 600_000,
  lostWrites: 0,
};

const decision: DrillFacts['decisions'][number] = {
  entry: 'caught-up',
  problem: 'gate-timeout',
  message: 'Aurora does not answer.',
  choice: 'retry',
  by: 'ada',
  askedAtUtc: '2026-03-01T02:00:20.000Z',
  tookMs: 8_000,
  writesRefused: true,
  faultLasted: true,
  carriedOut: true,
};
const reversal = {...decision, choice: 'reverse', to: 'ready', lossless: 'yes'} as const;

const choices: readonly (Partial<DrillFacts> & {
  readonly name: string;
  readonly mark: string;
  readonly says: string;
})[] = [
  {
    name: 'a retry after which the run went on',
    decisions: [decision],
    mark: 'good',
    says: 'went on',
  },
  {
    name: 'a retry in an outage before the cause was fixed',
    decisions: [decision, reversal],
    mark: 'poor',
    says: 'Reverse while nobody can write',
  },
  {
    name: 'a retry in calm before the cause was fixed',
    decisions: [
      {...decision, writesRefused: false},
      {...decision, writesRefused: false},
    ],
    mark: 'fair',
    says: 'fix the cause first',
  },
  {
    name: 'a reversal that ends an outage',
    decisions: [reversal],
    mark: 'good',
    says: 'ends the outage',
  },
  {
    name: 'a reversal although visitors were served',
    decisions: [{...reversal, writesRefused: false}],
    mark: 'fair',
    says: 'there was time',
  },
  {
    name: 'a reversal that loses writes',
    decisions: [{...reversal, lossless: 'no'}],
    mark: 'poor',
    says: 'loses writes',
  },
  {
    name: 'a stop while nobody can write',
    decisions: [{...decision, choice: 'stop'}],
    mark: 'poor',
    says: 'the outage went on',
  },
  {
    name: 'a stop in calm',
    decisions: [{...decision, choice: 'stop', writesRefused: false}],
    mark: 'good',
    says: 'there is time',
  },
  {
    name: 'a reversal that was planned and not approved, in an outage',
    decisions: [{...reversal, carriedOut: false}],
    mark: 'poor',
    says: 'the outage went on',
  },
  {
    name: 'a retry that was stopped before it ended',
    outcome: 'paused',
    decisions: [decision],
    mark: 'fair',
    says: 'ended before it was done',
  },
  {
    name: 'a question that the limit of the outage ended',
    outcome: 'reversed',
    decisions: [{...decision, choice: 'stop', cutOff: true}],
    mark: 'poor',
    says: 'ended before anybody answered',
  },
  {
    name: 'a question outside an outage that Ctrl-C ended',
    outcome: 'paused',
    stoppedAtUtc: '2026-03-01T02:00:25.000Z',
    decisions: [{...decision, choice: 'stop', cutOff: true, writesRefused: false}],
    mark: 'good',
    says: 'there is time',
  },
  {
    name: 'a skip that was refused',
    outcome: 'paused',
    decisions: [{...decision, choice: 'skip', carriedOut: false}],
    mark: 'poor',
    says: 'was refused',
  },
  {
    name: 'a skip that makes later entries impossible',
    decisions: [{...decision, choice: 'skip', impossible: ['promote']}],
    mark: 'poor',
    says: 'promote',
  },
  {
    name: 'writes were lost, whatever was decided',
    decisions: [decision],
    lostWrites: 2,
    mark: 'poor',
    says: '2 acknowledged writes',
  },
  {name: 'nobody was asked', mark: 'none', says: 'asked about no failure'},
  {
    name: 'stopped before the run asked',
    stoppedAtUtc: '2026-03-01T02:00:05.000Z',
    mark: 'fair',
    says: 'Wait for the question',
  },
  {
    name: 'the run ended before the fault',
    fault: {...facts.fault, causedAtUtc: null},
    mark: 'none',
    says: 'did not happen',
  },
];

test.each(choices)('the choice of a drill: $name is $mark', ({mark, says, name: _, ...rest}) => {
  const {choice} = drillScoresOf({...facts, ...rest});
  expect(choice.mark).toBe(mark);
  expect(`${choice.because} ${choice.better ?? ''}`).toContain(says);
});

test('a drill is judged by the time to notice and to decide, and by the outage against its limit', () => {
  const scored = {...facts, decisions: [decision], outageMs: 700_000};
  expect(drillScoresOf(scored)).toMatchObject({
    notice: {mark: 'good', ms: 20_000},
    decide: {mark: 'good', ms: 8_000},
    outage: {mark: 'poor', ms: 700_000},
  });
  const slow = {...decision, tookMs: 200_000};
  expect(drillScoresOf({...facts, decisions: [slow]}).decide.mark).toBe('poor');
  expect(drillScoresOf({...facts, decisions: [{...slow, writesRefused: false}]}).decide.mark).toBe(
    'good',
  );
  const next = [{command: 'switcharoo drill --seed 4711', what: 'the same drill again'}];
  const text = drillText(
    {facts: scored, scores: drillScoresOf(scored), next},
    {width: 80, paint: plainPaint},
  );
  expect(text).toMatchInlineSnapshot(`
    "Drill 4711: fault aurora at caught-up
      what went wrong   From 02:00:00 to 02:01:00 UTC: Aurora does not run.
      decisions         02:00:20 UTC: caught-up failed; ada chose retry
      time to notice    good: 20 s until the run asked about caught-up, in the
                        outage.
      time to decide    good: 8.0 s for one question, in the outage.
      outage            poor: A client could not write for 11 m 40 s; the limit is
                        10 m 00 s.
                        Better: Reverse before the limit, as long as the reversal
                        loses nothing.
      choice            good: Retrying caught-up lost nothing, and the run went on.
      writes            0 lost or duplicated
      next
        switcharoo drill --seed 4711   the same drill again"
  `);
});

test('a stop before the run asks is judged as slower in an outage', () => {
  const stopped = {...facts, stoppedAtUtc: '2026-03-01T02:02:00.000Z'};
  expect(drillScoresOf(stopped).notice.mark).toBe('good');
  expect(drillScoresOf({...stopped, stoppedInOutage: true}).notice.mark).toBe('fair');
});
