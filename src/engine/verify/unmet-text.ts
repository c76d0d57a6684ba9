import type {FollowedFact} from '../../model/effects.ts';

/** Why an entry that needs this fact, or would prove it, cannot start. */
export function unmetText(fact: FollowedFact): string {
  switch (fact.fact) {
    case 'writes':
      return `${fact.of} ${fact.are === 'accepted' ? 'refuses' : 'accepts'} writes`;
    case 'freeze':
      return `a freeze of ${fact.of} ${fact.lasts ? 'may end' : 'does not end'} by itself`;
    case 'replication':
      return 'from' in fact && fact.is === 'running'
        ? `${fact.to} does not replicate from ${fact.from}`
        : `${fact.to} still replicates`;
    case 'caught-up':
    case 'drained':
      return `${fact.to} does not replicate from ${fact.from}`;
    case 'traffic':
      return `the ${fact.by} does not send visitors to the ${fact.leadsTo} side`;
    case 'application':
      return `${fact.of} ${fact.is === 'running' ? 'does not run' : 'still runs'}`;
    case 'port':
      return `the port of ${fact.of} is not ${fact.is}`;
    case 'connections':
      return `new connections to ${fact.of} are not ${fact.are}`;
    case 'answers':
      return `no gate has proven that ${fact.of} answers`;
    case 'copied':
    case 'compared':
      return `${fact.to} has no copy yet`;
    case 'delegation':
      return `the domain is not delegated to ${fact.to}`;
    case 'ds':
      return `the DS records for the keys of ${fact.of} are at the parent`;
    case 'scaling':
      return `automatic scaling of ${fact.of} is not ${fact.is}`;
    case 'workers':
      return `the workers of ${fact.of} ${fact.are === 'running' ? 'do not run' : 'still run'}`;
  }
}
