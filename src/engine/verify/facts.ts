import type {FollowedFact, Sides} from '../../model/effects.ts';
import {
  type DomainFacts,
  domainFactHolds,
  domainFactsAtStart,
  isDomainFact,
  withDomainFact,
  withoutDomainFact,
} from './domain-facts.ts';

/** All that `verify` knows of the systems, by the names of targets. It never changes: each change makes another one. */
export interface Facts extends DomainFacts {
  /** Which databases take the application's writes. */
  readonly accepts: readonly string[];
  /** Which databases have everything that the last writer accepted. */
  readonly complete: readonly string[];
  /** Running replication, as `from > to`. */
  readonly replicates: readonly string[];
  readonly leadsTo: Readonly<Record<Way, 'old' | 'new' | 'both'>>;
  /** Applications that do not answer. */
  readonly stopped: readonly string[];
  /** Hosts with a closed port. */
  readonly closed: readonly string[];
  /** Where new connections wait. */
  readonly held: readonly string[];
  /** Databases that accept writes again by themselves, at any time after they refuse them. */
  readonly thaws: readonly string[];
  /** A gate has proven that the new side answers, since its last rollout and since the last shift of traffic. */
  readonly answers: boolean;
  /** Traffic was sent to the new side without such a proof. */
  readonly unproven: boolean;
  /** Services whose automatic scaling is suspended. */
  readonly suspended: readonly string[];
  /** Services and schedules of the new side that work without a visitor, and run. */
  readonly working: readonly string[];
  /** How many of the effects of an entry are in place. */
  readonly made: Readonly<Record<string, number>>;
}

type Way = 'dns' | 'proxy' | 'balancer';

/** What was true of one fact, as a before-image in the journal. */
export type Earlier = boolean | string;

/** Before the first entry: the old side is in use, and what an entry starts is not running yet. */
export function factsAtStart(sides: Sides | undefined, inOrder: readonly FollowedFact[]): Facts {
  const first = new Map<string, FollowedFact>();
  for (const fact of inOrder) {
    const key = subjectOf(fact);
    first.set(key, first.get(key) ?? fact);
  }
  const mentioned = [...first.values()];
  const {database} = sides?.old ?? {};
  const old = database === undefined ? [] : [database];
  return {
    accepts: old,
    complete: old,
    replicates: replicationAtStart(inOrder),
    leadsTo: {dns: 'old', proxy: 'old', balancer: 'old'},
    stopped: sorted(
      mentioned.flatMap((fact) =>
        fact.fact === 'application' && fact.is === 'running' && fact.of !== sides?.old.application
          ? [fact.of]
          : [],
      ),
    ),
    closed: [],
    held: [],
    thaws: [],
    answers: false,
    unproven: false,
    suspended: [],
    working: [],
    ...domainFactsAtStart(inOrder),
    made: {},
  };
}

/** Replication that an entry waits for or stops, and that none has started before it. */
function replicationAtStart(inOrder: readonly FollowedFact[]): readonly string[] {
  const changes = inOrder.filter((fact) => fact.fact === 'replication').filter(hasSource);
  const firstInto = (database: string) => changes.find(({to}) => to === database);
  const waitedFor = inOrder
    .filter((fact) => fact.fact === 'caught-up')
    .filter(({to}) => firstInto(to) === undefined);
  const stopped = changes.filter(
    (change) => change.is === 'stopped' && firstInto(change.to) === change,
  );
  return sorted(new Set([...waitedFor, ...stopped].map(linkOf)));
}

const hasSource = <Fact extends FollowedFact>(fact: Fact): fact is Fact & Link => 'from' in fact;

interface Link {
  readonly from: string;
  readonly to: string;
}

const linkOf = ({from, to}: Link): string => `${from} > ${to}`;

const subjectOf = (fact: FollowedFact): string => `${fact.fact} ${'of' in fact ? fact.of : ''}`;

/** Whether the fact is true now. */
export function holds(facts: Facts, fact: FollowedFact): boolean {
  if (isDomainFact(fact)) {
    return domainFactHolds(facts, fact);
  }
  switch (fact.fact) {
    case 'writes':
      return facts.accepts.includes(fact.of) === (fact.are === 'accepted');
    case 'freeze':
      return facts.thaws.includes(fact.of) !== fact.lasts;
    case 'replication':
      return 'from' in fact
        ? facts.replicates.includes(linkOf(fact)) === (fact.is === 'running')
        : !facts.replicates.some((link) => link.endsWith(` > ${fact.to}`));
    case 'caught-up':
    case 'drained':
      return facts.replicates.includes(linkOf(fact));
    case 'traffic':
      return facts.leadsTo[fact.by] === fact.leadsTo;
    case 'application':
      return facts.stopped.includes(fact.of) === (fact.is === 'stopped');
    case 'port':
      return facts.closed.includes(fact.of) === (fact.is === 'closed');
    case 'connections':
      return facts.held.includes(fact.of) === (fact.are === 'held');
    case 'answers':
      return facts.answers;
    case 'scaling':
      return facts.suspended.includes(fact.of) === (fact.is === 'suspended');
    case 'workers':
      return facts.working.includes(fact.of) === (fact.are === 'running');
  }
}

/** What a reversal needs to know of this fact. */
export function earlierOf(facts: Facts, fact: FollowedFact): Earlier {
  if (fact.fact === 'traffic') {
    return facts.leadsTo[fact.by];
  }
  return fact.fact === 'replication' && !('from' in fact)
    ? facts.replicates.filter((link) => link.endsWith(` > ${fact.to}`)).join()
    : holds(facts, fact);
}

/** The systems once the fact is true. */
export function withFact(facts: Facts, fact: FollowedFact): Facts {
  if (isDomainFact(fact)) {
    return withDomainFact(facts, fact);
  }
  switch (fact.fact) {
    case 'writes':
      return fact.are === 'accepted' ? accepting(facts, fact.of) : refusing(facts, fact.of);
    case 'freeze':
      return {...facts, thaws: changed(facts.thaws, fact.of, !fact.lasts)};
    case 'replication':
      return {...facts, replicates: replicationAfter(facts, fact)};
    case 'caught-up':
      return caughtUp(facts, fact);
    case 'drained':
      return facts;
    case 'traffic':
      return {
        ...facts,
        leadsTo: {...facts.leadsTo, [fact.by]: fact.leadsTo},
        unproven: fact.leadsTo !== 'old' && !facts.answers,
        answers: false,
      };
    case 'application':
      return {
        ...facts,
        stopped: changed(facts.stopped, fact.of, fact.is === 'stopped'),
        // A rollout brings another version, about which nothing is proven.
        answers: facts.answers && fact.is !== 'running',
      };
    case 'port':
      return {...facts, closed: changed(facts.closed, fact.of, fact.is === 'closed')};
    case 'connections':
      return {...facts, held: changed(facts.held, fact.of, fact.are === 'held')};
    case 'answers':
      return {...facts, answers: true};
    case 'scaling':
      return {...facts, suspended: changed(facts.suspended, fact.of, fact.is === 'suspended')};
    case 'workers':
      return {...facts, working: changed(facts.working, fact.of, fact.are === 'running')};
  }
}

/** The systems once the fact is as it was before. */
export function withoutFact(facts: Facts, fact: FollowedFact, earlier: Earlier): Facts {
  if (isDomainFact(fact)) {
    return withoutDomainFact(facts, fact);
  }
  switch (fact.fact) {
    case 'writes': {
      const accepted = (fact.are === 'accepted') === earlier;
      return accepted ? accepting(facts, fact.of) : refusing(facts, fact.of);
    }
    case 'freeze':
      // No reversal makes a freeze end by itself again.
      return {...facts, thaws: changed(facts.thaws, fact.of, false)};
    case 'replication': {
      if (!('from' in fact)) {
        const links = String(earlier).split(',').filter(Boolean);
        return {...facts, replicates: sorted([...facts.replicates, ...links])};
      }
      const drained = fact.drains && facts.replicates.includes(linkOf(fact));
      const settled = drained ? caughtUp(facts, fact) : facts;
      const runs = (fact.is === 'running') === earlier;
      return {...settled, replicates: changed(settled.replicates, linkOf(fact), runs)};
    }
    case 'caught-up':
      return facts;
    case 'drained':
      return facts.replicates.includes(linkOf(fact)) ? caughtUp(facts, fact) : facts;
    case 'traffic':
      // What was proven before the shift is as true as it was then.
      return {...facts, leadsTo: {...facts.leadsTo, [fact.by]: earlier}, answers: true};
    case 'application':
      return {
        ...facts,
        stopped: changed(facts.stopped, fact.of, (fact.is === 'stopped') === earlier),
        answers: facts.answers && fact.is !== 'running',
      };
    case 'port':
      return {...facts, closed: changed(facts.closed, fact.of, (fact.is === 'closed') === earlier)};
    case 'connections':
      return {...facts, held: changed(facts.held, fact.of, (fact.are === 'held') === earlier)};
    case 'answers':
      return facts;
    case 'scaling':
      return {
        ...facts,
        suspended: changed(facts.suspended, fact.of, (fact.is === 'suspended') === earlier),
      };
    case 'workers':
      return {
        ...facts,
        working: changed(facts.working, fact.of, (fact.are === 'running') === earlier),
      };
  }
}

/** The databases whose freeze may end now. */
export const thawing = ({accepts, thaws}: Facts): readonly string[] =>
  thaws.filter((database) => !accepts.includes(database));

/** The systems once the freeze of this database has ended by itself. */
export const thawed = (facts: Facts, database: string): Facts => ({
  ...accepting(facts, database),
  thaws: changed(facts.thaws, database, false),
});

/** A freeze that has ended by itself cannot be made to last. */
export const cannotLast = ({accepts}: Facts, fact: FollowedFact | undefined): boolean =>
  fact?.fact === 'freeze' && fact.lasts && accepts.includes(fact.of);

/** Why this fact cannot be put back: replication that would have carried the newest writes does not run. */
export const cannotDrain = (facts: Facts, fact: FollowedFact): boolean =>
  (fact.fact === 'drained' ||
    (fact.fact === 'replication' && 'from' in fact && fact.drains === true)) &&
  !facts.replicates.includes(linkOf(fact)) &&
  !facts.complete.includes(fact.to);

/** From now on it may accept a write at any time, and every other database lacks that write. */
const accepting = (facts: Facts, database: string): Facts => ({
  ...facts,
  accepts: changed(facts.accepts, database, true),
  complete: facts.complete.filter((name) => name === database),
});

const refusing = (facts: Facts, database: string): Facts => ({
  ...facts,
  accepts: changed(facts.accepts, database, false),
});

/** Proven only while nobody can write: a position in a log that still grows proves nothing. */
const caughtUp = (facts: Facts, {from, to}: Link): Facts =>
  facts.accepts.length === 0 && facts.complete.includes(from)
    ? {...facts, complete: changed(facts.complete, to, true)}
    : facts;

function replicationAfter(
  {replicates}: Facts,
  fact: Extract<FollowedFact, {fact: 'replication'}>,
): readonly string[] {
  return 'from' in fact
    ? changed(replicates, linkOf(fact), fact.is === 'running')
    : replicates.filter((link) => !link.endsWith(` > ${fact.to}`));
}

const changed = (names: readonly string[], name: string, isIn: boolean): readonly string[] =>
  sorted([...names.filter((other) => other !== name), ...(isIn ? [name] : [])]);

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();
