import {isOpenedByPerson} from '../../model/approve.ts';
import type {Entry, Item} from '../../model/entry.ts';
import type {Fact} from '../../model/journal.ts';
import {openedEntries} from '../../model/opening.ts';
import {isClosed} from '../../model/outage.ts';
import {placeText} from '../../model/place.ts';
import type {Progress} from '../../model/progress.ts';
import {bogusAnswers, notCompared, stillAsked} from './domain-properties.ts';
import type {Facts} from './facts.ts';
import type {Model} from './model.ts';
import type {Check, Moment, Violation} from './violation.ts';

/** The properties that do not hold at this moment. */
export const violationsIn = (model: Model, moment: Moment): readonly Violation[] =>
  properties.flatMap((property) => property(model, moment) ?? []);

const twoWritableSides: Check = (_model, {facts: {accepts}}) =>
  accepts.length > 1
    ? {
        property: 'two-writable-sides',
        because: `${accepts.join(' and ')} accept writes at the same time.`,
      }
    : undefined;

const lostWrites: Check = (_model, {progress, facts: {accepts, complete}, earlier}) => {
  const opened = accepts.find(
    (database) => earlier && !earlier.accepts.includes(database) && !complete.includes(database),
  );
  return opened === undefined
    ? undefined
    : {
        property: progress.reversingTo ? 'no-lossless-reversal' : 'lost-writes',
        because: `${opened} starts to accept writes, but no gate has proven that it has every earlier write.`,
      };
};

const trafficRefused: Check = (model, {progress, facts}) => {
  const refusal = refusalIn(model, facts);
  return refusal === undefined || isDeclaredOutage(model, progress)
    ? undefined
    : {property: 'traffic-refused', because: `Outside the declared outage, ${refusal}.`};
};

const endsInOutage: Check = (model, {progress, facts, fact}) => {
  if (fact?.kind !== 'run-done' && fact?.kind !== 'run-reversed') {
    return undefined;
  }
  const refusal = refusalIn(model, facts) ?? heldText(facts);
  const end = fact.kind === 'run-done' ? 'The run ends as done' : endText(fact.to);
  if (refusal !== undefined) {
    return {property: 'ends-in-outage', because: `${end}, but ${refusal}.`};
  }
  return isDeclaredOutage(model, progress)
    ? {property: 'ends-in-outage', because: `${end} during its declared outage.`}
    : undefined;
};

const endText = (to: string | null): string => `The run is reversed to ${placeText(to)}`;

const unboundedOutage: Check = (model, {facts, fact, asks}) => {
  const closed = refusalIn(model, facts) ?? heldText(facts);
  if (closed === undefined) {
    return undefined;
  }
  const because =
    asks === undefined ? boundlessText(model, fact) : `${asks} waits for a person's answer`;
  return because === undefined
    ? undefined
    : {
        property: 'unbounded-outage',
        because: `${because}, while ${closed}.`,
        continues: true,
      };
};

/** Past its limit an outage ends by itself, as long as the new side has no writes of its own. */
const endlessOutage: Check = (model, {progress, asksPastLimit}) => {
  const {runbook} = model;
  const {outage} = runbook.head;
  // A freeze that was undone when it failed has ended the outage already.
  if (asksPastLimit === undefined || !outage || !isDeclaredOutage(model, progress)) {
    return undefined;
  }
  const placed = runbook.entries.map(({id, unit}: Entry, place: number) => ({id, unit, place}));
  const {from} = outage;
  const begins = placed.find(
    ({id, unit}) =>
      (from.includes(id) || from.includes(unit.name)) && progress.entries.get(id)?.applied,
  );
  const opened = openedEntries(progress);
  const opening = placed.filter(({id}) => opened.includes(id));
  const early = opening.filter(({place}) => place < (begins?.place ?? 0)).map(({id}) => id);
  const because =
    early.length > 0
      ? `outage.promoted names ${early.join(' and ')}, which is in place before the outage begins`
      : 'no checkpoint before the outage can be reached';
  return opening.length > early.length
    ? undefined
    : {
        property: 'unbounded-outage',
        because: `The outage exceeds its limit at ${asksPastLimit} and does not end by itself: ${because}.`,
        continues: true,
      };
};

function boundlessText({runbook}: Model, fact: Fact | undefined): string | undefined {
  switch (fact?.kind) {
    case 'entry-started': {
      const {outage} = runbook.head;
      const entry = entriesOf(runbook.items).find(({id}) => id === fact.entry);
      if (outage && outage.longestMs === undefined) {
        return 'The outage has no longestMs';
      }
      return entry && !(entry.timeoutMs <= longestWaitMs)
        ? `${entry.id} may take ${hoursText(entry.timeoutMs)}`
        : undefined;
    }
    case 'checkpoint-reached':
      return `A run can end at the checkpoint ${fact.name}, or be reversed to it`;
    case 'point-of-no-return-passed':
      return 'The point of no return is passed, so no reversal can end this';
    default:
      return undefined;
  }
}

/** Longer than any wait for running jobs or a rollout; shorter than a first catch-up, or a person's sleep. */
const longestWaitMs = 3_600_000;

const hoursText = (ms: number): string =>
  Number.isFinite(ms) ? `${Math.round(ms / 3_600_000)} h` : 'forever';

const earlyPointOfNoReturn: Check = ({runbook}, {progress, fact}) => {
  if (!progress.passedPointOfNoReturn || failedEntry(fact) === undefined) {
    return undefined;
  }
  const items: readonly Item[] = runbook.items;
  const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const failed = failedEntry(fact);
  const place = items.findIndex((item) => item.kind === 'entry' && item.id === failed);
  const oneWay = entriesOf(items.slice(barrier + 1)).filter(({unit}) => unit.kind === 'one-way');
  const isLossless = !oneWay.some(({id}) => progress.entries.get(id)?.applied);
  const later = entriesOf(items.slice(place + 1)).find((entry) => oneWay.includes(entry));
  const isOneWay = oneWay.some(({id}) => id === failed);
  const isKnown = failed !== undefined && place >= barrier;
  const isTooEarly = later !== undefined || oneWay.length === 0;
  return !isKnown || isOneWay || !isLossless || !isTooEarly
    ? undefined
    : {
        property: 'early-point-of-no-return',
        because: `${failed} fails after the point of no return, so the run cannot be reversed, although nothing ${later ? `before ${later.id}` : 'in it'} is irreversible.`,
        continues: true,
      };
};

function failedEntry(fact: Fact | undefined): string | undefined {
  const isNo = fact?.kind === 'answered' && fact.answer === 'no';
  return fact?.kind === 'entry-failed' || isNo ? (fact.entry ?? undefined) : undefined;
}

const confirmationPassed: Check = ({runbook}, {progress, fact}) => {
  if (fact?.kind !== 'entry-started') {
    return undefined;
  }
  const entries = entriesOf(runbook.items);
  const place = entries.findIndex(({id}) => id === fact.entry);
  const passed = entries
    .slice(0, place)
    .find(({id, unit}) => isOpenedByPerson(unit) && progress.entries.get(id)?.state !== 'done');
  return passed
    ? {
        property: 'confirmation-passed',
        because: `${fact.entry} starts, but nobody has ${passed.approval ? 'approved' : 'answered yes at'} ${passed.id}.`,
        continues: true,
      }
    : undefined;
};

const unprovenTraffic: Check = (_model, {facts: {unproven}, earlier}) =>
  unproven && earlier?.unproven === false
    ? {
        property: 'unproven-traffic',
        because:
          'Traffic is sent to the new side, but no gate has proven that it answers since its last rollout and the last shift of traffic.',
        continues: true,
      }
    : undefined;

const scalingSuspended: Check = (_model, {facts: {suspended}, fact}) =>
  fact?.kind === 'run-done' && suspended.length > 0
    ? {
        property: 'scaling-suspended',
        because: `The run ends as done, but automatic scaling of ${suspended.join(' and ')} is suspended.`,
      }
    : undefined;

/** In a reversal, too: nobody carries over what a worker writes after a gate has compared or counted. */
const workersWithoutWrites: Check = ({sides}, {facts: {accepts, working}}) => {
  const {database} = sides?.new ?? {};
  return database !== undefined && working.length > 0 && !accepts.includes(database)
    ? {
        property: 'workers-without-writes',
        because: `Workers of ${working.join(' and ')} run, but ${database} refuses writes.`,
      }
    : undefined;
};

const properties: readonly Check[] = [
  twoWritableSides,
  lostWrites,
  trafficRefused,
  endsInOutage,
  unboundedOutage,
  endlessOutage,
  earlyPointOfNoReturn,
  confirmationPassed,
  unprovenTraffic,
  scalingSuspended,
  workersWithoutWrites,
  notCompared,
  bogusAnswers,
  stillAsked,
];

const entriesOf = (items: readonly Item[]): readonly Entry[] =>
  items.filter((item) => item.kind === 'entry');

export const isDeclaredOutage = ({runbook}: Model, progress: Progress): boolean =>
  runbook.head.outage !== undefined && isClosed(progress, runbook.head.outage);

const heldText = ({held}: Facts): string | undefined =>
  held.length > 0 ? `new connections to ${held.join(' and ')} wait` : undefined;

/** A side that visitors reach, and that does not serve them; in words. */
function refusalIn({sides}: Model, facts: Facts): string | undefined {
  if (!sides) {
    return undefined;
  }
  for (const name of sidesReached(facts)) {
    const {database, application, databaseHosts} = sides[name];
    if (database !== undefined && !facts.accepts.includes(database)) {
      return `traffic goes to the ${name} side, whose database ${database} refuses writes`;
    }
    if (application !== undefined && facts.stopped.includes(application)) {
      return `traffic goes to the ${name} side, whose application ${application} does not run`;
    }
    if (databaseHosts !== undefined && facts.closed.includes(databaseHosts)) {
      return `traffic goes to the ${name} side, whose database is behind a closed port of ${databaseHosts}`;
    }
  }
  return undefined;
}

/** The name leads to one side or both; the proxy in front of the old side may lead on to the new one. */
export function sidesReached({leadsTo: {dns, proxy, balancer}}: Facts): readonly ('old' | 'new')[] {
  const behindOld = proxy === 'old' ? balancer : proxy;
  const isReached = (side: 'old' | 'new') =>
    (side === 'new' && dns !== 'old') ||
    (dns !== 'new' && (behindOld === side || behindOld === 'both'));
  return (['old', 'new'] as const).filter(isReached);
}
