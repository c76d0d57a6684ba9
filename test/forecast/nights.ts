import {z} from 'zod';
import {chanceFrom, normalsFrom} from '../../src/forecast/chance.ts';
import type {PastRun} from '../../src/forecast/samples.ts';
import {timingsOf} from '../../src/forecast/timings.ts';
import {
  defineGate,
  defineRunbook,
  defineStep,
  defineTarget,
  done,
  pending,
} from '../../src/index.ts';
import type {Fact} from '../../src/model/journal.ts';
import type {EntryDigest} from '../../src/model/run-started.ts';
import {journalOf, runStarted, type Told} from '../model/journal-of.ts';

const site = defineTarget({
  kind: 'site',
  config: z.object({}),
  open: async () => ({reader: {}, writer: {}, close: async () => {}}),
});

const parts = {targets: {site}, input: z.object({}), output: z.object({}), needs: {site: []}};

const change = defineStep({
  ...parts,
  name: 'site.change',
  summary: 'Change the site',
  timeoutMs: 60_000,
  roundTrips: {site: 10},
  before: z.object({}),
  reverses: 'Changes it back.',
  check: async () => pending({}),
  plan: async () => [],
  reverse: async () => [],
});

const look = defineGate({
  ...parts,
  name: 'site.look',
  summary: 'Check that the site answers.',
  timeoutMs: 60_000,
  check: async () => done({}),
});

const on = {on: {site: 'site'}, input: () => ({})} as const;

/** Two checkpoints, a group of two lanes, an outage and a question. */
export const shop = defineRunbook({
  name: 'shop-move',
  summary: 'Move the shop.',
  params: z.object({}),
  targets: {site},
  outage: {from: ['freeze'], until: ['open']},
})
  .phase('Prepare')
  .step('prepare', change, on)
  .checkpoint('prepared')
  .phase('Cut over')
  .confirm('go', {question: 'Start the cutover?'})
  .step('freeze', change, on)
  .together('Lead', (group) => group.step('slow', look, on).step('fast', look, on))
  .step('open', change, on)
  .step('smoke', look, on)
  .checkpoint('cut-over');

export const digests: readonly EntryDigest[] = shop.entries.map(({id, phase, unit}) => ({
  ...{id, phase, unit: unit.name},
  digest: `digest of ${id}`,
}));

/** How long each entry took in a made-up run, in seconds. */
export type Night = Readonly<
  Record<'prepare' | 'freeze' | 'slow' | 'fast' | 'open' | 'smoke', number>
>;

export const usual: Night = {prepare: 60, freeze: 2, slow: 4, fast: 1, open: 3, smoke: 10};

interface About {
  readonly run?: string;
  readonly rehearsal?: boolean;
  readonly inventory?: string;
  readonly digests?: readonly EntryDigest[];
  /** How long a person took to answer. */
  readonly answerSeconds?: number;
  /** Everything is reversed, each step in as many seconds as it took. */
  readonly isReversed?: boolean;
  /** The journal ends before this fact is written. */
  readonly until?: (fact: Fact) => boolean;
}

export function journalOfNight(night: Night, about: About = {}) {
  const told = [started(about), ...forward(night, about), ...(about.isReversed ? back(night) : [])];
  const facts = about.isReversed ? told : [...told, {kind: 'run-done'} as const];
  const end = facts.findIndex((each) => about.until?.(factOf(each)));
  return journalOf(end < 0 ? facts : facts.slice(0, end));
}

export function pastRun(night: Night, about: About = {}): PastRun {
  const timings = timingsOf(journalOfNight(night, about));
  if (!timings) {
    throw new Error('a journal has a first entry');
  }
  return {timings};
}

const factOf = (told: Told): Fact => ('kind' in told ? told : told[1]);

const started = ({run = 'shop-move-1', rehearsal = true, inventory = 'lab', digests: own}: About) =>
  runStarted({
    ...{run, rehearsal},
    inventory: {name: inventory, file: `${inventory}.yaml`, digest: 'i1', protected: false},
    runbook: {
      ...{name: 'shop-move', file: 'runbooks/shop-move.ts', digest: 'r1'},
      entries: [...(own ?? digests)],
      outage: {from: ['freeze'], until: ['open'], reversibleTo: [null, 'prepared']},
    },
  });

function forward(night: Night, {answerSeconds = 30}: About): readonly Told[] {
  const about = {entry: 'go', about: 'confirmation', question: 'Start the cutover?'} as const;
  return [
    ...step('prepare', night.prepare),
    [0, {kind: 'checkpoint-reached', name: 'prepared'}],
    [0, {kind: 'entry-started', entry: 'go'}],
    [0, {kind: 'asked', ...about, details: [], person: 'ada'}],
    [answerSeconds, {kind: 'answered', ...about, details: [], answer: 'yes', by: 'ada'}],
    [0, {kind: 'entry-done', entry: 'go', output: {}, changedByRun: false}],
    ...step('freeze', night.freeze),
    [0, {kind: 'entry-started', entry: 'slow'}],
    [0, {kind: 'entry-started', entry: 'fast'}],
    ...inOrder([
      ['slow', night.slow],
      ['fast', night.fast],
    ]),
    ...step('open', night.open),
    [0, {kind: 'entry-started', entry: 'smoke'}],
    [night.smoke, gateDone('smoke')],
    [0, {kind: 'checkpoint-reached', name: 'cut-over'}],
  ];
}

function inOrder(ends: readonly (readonly [string, number])[]): readonly Told[] {
  let at = 0;
  return ends
    .toSorted(([, a], [, b]) => a - b)
    .map(([entry, seconds]): Told => {
      const after = seconds - at;
      at = seconds;
      return [after, gateDone(entry)];
    });
}

const gateDone = (entry: string): Fact => ({
  ...{kind: 'entry-done', entry, output: {}, changedByRun: false},
});

/** A quarter of the time is the check before its action. */
const step = (entry: string, seconds: number): readonly Told[] => {
  const action = {entry, way: 'forward', target: 'site', does: 'change it'} as const;
  return [
    [0, {kind: 'entry-started', entry}],
    [seconds / 4, {kind: 'before', entry, before: {}, differences: []}],
    [0, {kind: 'action-intended', ...action}],
    [seconds / 2, {kind: 'action-performed', ...action}],
    [seconds / 4, {kind: 'entry-done', entry, output: {}, changedByRun: true}],
  ];
};

const back = (night: Night): readonly Told[] => [
  [
    5,
    {
      ...{kind: 'reverse-started', to: null, plan: 'p2', entries: ['prepare', 'freeze', 'open']},
      operator: {user: 'ada', host: 'bastion', pid: 1},
    },
  ],
  ...(['open', 'freeze', 'prepare'] as const).flatMap((entry): Told[] => [
    [0, {kind: 'entry-reversing', entry}],
    [night[entry], {kind: 'entry-reversed', entry}],
  ]),
  [0, {kind: 'run-reversed', to: null}],
];

/** Nights of which each is slower or faster as a whole, and each entry a little by itself. */
export function nights(
  count: number,
  {whole, own}: {readonly whole: number; readonly own: number},
  seed = 1,
) {
  const normal = normalsFrom(chanceFrom(seed));
  return Array.from({length: count}, (): Night => {
    const speed = Math.exp(whole * normal());
    const taken = Object.entries(usual).map(([entry, seconds]) => {
      const ms = Math.round(seconds * speed * Math.exp(own * normal()) * 1000);
      return [entry, ms / 1000];
    });
    return Object.fromEntries(taken);
  });
}
