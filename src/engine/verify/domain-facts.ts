import type {FollowedFact} from '../../model/effects.ts';

/** What `verify` knows of domains, and of the copies of databases and zones. */
export interface DomainFacts {
  /** What an entry will copy and has not copied yet. */
  readonly missing: readonly string[];
  /** Databases and zones that a gate has compared since they were copied. */
  readonly compared: readonly string[];
  /** Those that were compared at the time when the domain can move to them: not days before. */
  readonly fresh: readonly string[];
  /** Where the domain of a zone is delegated, if not to that zone: by new zone, the old one. */
  readonly delegatedFrom: Readonly<Record<string, string>>;
  /** New zones whose domain nobody looks up at the old name servers any more. */
  readonly settled: readonly string[];
  /** By zone: where the DS records for its keys still are. Absent: there are none. */
  readonly ds: Readonly<Record<string, 'published' | 'removed' | 'expired'>>;
}

type DomainFact = Extract<
  FollowedFact,
  {readonly fact: 'copied' | 'compared' | 'delegation' | 'ds'}
>;

/** A domain is signed if an entry removes its DS records, or waits until they have expired. */
export function domainFactsAtStart(inOrder: readonly FollowedFact[]): DomainFacts {
  const copied = inOrder.flatMap((fact) => (fact.fact === 'copied' ? [fact.to] : []));
  const signed = inOrder.flatMap((fact) => (fact.fact === 'ds' ? [fact.of] : []));
  return {
    missing: sorted(new Set(copied)),
    compared: [],
    fresh: [],
    delegatedFrom: {},
    settled: [],
    ds: Object.fromEntries(signed.map((zone) => [zone, 'published'])),
  };
}

export const isDomainFact = (fact: FollowedFact): fact is DomainFact =>
  ['copied', 'compared', 'delegation', 'ds'].includes(fact.fact);

export function domainFactHolds(facts: DomainFacts, fact: DomainFact): boolean {
  switch (fact.fact) {
    case 'copied':
      return !facts.missing.includes(fact.to);
    case 'compared':
      return facts.compared.includes(fact.to);
    case 'delegation':
      return fact.is === 'changed'
        ? fact.to in facts.delegatedFrom
        : facts.settled.includes(fact.to);
    case 'ds':
      return fact.are === 'expired'
        ? facts.ds[fact.of] === 'expired'
        : facts.ds[fact.of] !== 'published';
  }
}

/** What must be true before a gate can prove it. */
export function isProvable(facts: DomainFacts, fact: DomainFact): boolean {
  switch (fact.fact) {
    case 'compared':
      return !facts.missing.includes(fact.to);
    case 'delegation':
      return fact.is === 'changed' || fact.to in facts.delegatedFrom;
    case 'ds':
      return fact.are === 'removed' || facts.ds[fact.of] !== 'published';
    case 'copied':
      return true;
  }
}

export function withDomainFact<Facts extends DomainFacts>(facts: Facts, fact: DomainFact): Facts {
  const {missing, compared, fresh, delegatedFrom, settled, ds} = facts;
  switch (fact.fact) {
    case 'copied':
      return {...uncompared(facts, fact.to), missing: less(missing, fact.to)};
    case 'compared':
      return {...facts, compared: more(compared, fact.to), fresh: more(fresh, fact.to)};
    case 'delegation':
      return fact.is === 'changed'
        ? {...facts, delegatedFrom: {...delegatedFrom, [fact.to]: fact.from}}
        : {...facts, settled: more(settled, fact.to)};
    case 'ds':
      return {
        ...facts,
        ds: {...ds, [fact.of]: fact.are},
        // While the run waited for days, somebody may have changed a record.
        fresh: fact.are === 'expired' ? [] : fresh,
      };
  }
}

/** Only what a step makes is ever put back: what a gate has proven is not. */
export function withoutDomainFact<Facts extends DomainFacts>(
  facts: Facts,
  fact: DomainFact,
): Facts {
  const {missing, delegatedFrom, settled, ds} = facts;
  switch (fact.fact) {
    case 'copied':
      return {...uncompared(facts, fact.to), missing: more(missing, fact.to)};
    case 'compared':
      return facts;
    case 'delegation': {
      const {[fact.to]: _restored, ...others} = delegatedFrom;
      return {...facts, delegatedFrom: others, settled: less(settled, fact.to)};
    }
    case 'ds':
      return {...facts, ds: {...ds, [fact.of]: 'published'}};
  }
}

/** Why a step refuses to put this fact back: the name servers in use depend on it. */
export function domainObstacle(
  {delegatedFrom}: DomainFacts,
  fact: FollowedFact,
): string | undefined {
  if (fact.fact === 'copied' && fact.to in delegatedFrom) {
    return `the domain is still delegated to ${fact.to}`;
  }
  if (fact.fact === 'ds' && Object.values(delegatedFrom).includes(fact.of)) {
    return `the domain is not delegated to ${fact.of}, which has its keys`;
  }
  return undefined;
}

const uncompared = <Facts extends DomainFacts>(facts: Facts, name: string): Facts => ({
  ...facts,
  compared: less(facts.compared, name),
  fresh: less(facts.fresh, name),
});

const more = (names: readonly string[], name: string): readonly string[] =>
  sorted(new Set([...names, name]));

const less = (names: readonly string[], name: string): readonly string[] =>
  names.filter((other) => other !== name);

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();
