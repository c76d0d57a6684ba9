import type {z} from 'zod';
import {type FollowedFact, isFollowed, type SystemFact} from '../model/effects.ts';
import type {AnyUnit} from '../model/step.ts';

/** What `verify` knows of a unit, a sentence each; empty if it changes none of the facts that `verify` follows. */
export function effectsText({kind, effects, input}: AnyUnit): readonly string[] {
  if (typeof effects === 'function') {
    const {success, data} = (input as z.ZodType).safeParse({});
    const byDefault: readonly SystemFact[] = success ? effects(data) : [];
    const followed = byDefault.filter(isFollowed);
    return followed.length > 0
      ? [...followed.map(factText), 'Another input may change more.']
      : ['Depends on the input.'];
  }
  const declared: readonly SystemFact[] | undefined = effects;
  if (declared === undefined && kind !== 'gate') {
    return ['Not declared: verify proves nothing of what it changes.'];
  }
  return (declared ?? []).filter(isFollowed).map(factText);
}

function factText(fact: FollowedFact): string {
  switch (fact.fact) {
    case 'writes':
      return `${fact.of} ${fact.are === 'accepted' ? 'accepts' : 'refuses'} writes.`;
    case 'freeze':
      return fact.lasts
        ? `A freeze of ${fact.of} lasts until it is reversed.`
        : `A freeze of ${fact.of} ends by itself.`;
    case 'replication':
      return 'from' in fact
        ? `Replication from ${fact.from} to ${fact.to} ${fact.is === 'running' ? 'runs' : 'is stopped'}.`
        : `Replication to ${fact.to} is stopped.`;
    case 'caught-up':
      return `${fact.to} has everything that ${fact.from} had written.`;
    case 'drained':
      return `A reversal first waits until ${fact.to} has everything of ${fact.from}.`;
    case 'traffic':
      return fact.leadsTo === 'both'
        ? `The ${fact.by} sends visitors to both sides.`
        : `The ${fact.by} sends visitors to the ${fact.leadsTo} side.`;
    case 'application':
      return `The application of ${fact.of} ${fact.is === 'running' ? 'runs' : 'is stopped'}.`;
    case 'port':
      return `A port of ${fact.of} is ${fact.is}.`;
    case 'connections':
      return `New connections to ${fact.of} ${fact.are === 'held' ? 'wait' : 'are let through'}.`;
    case 'answers':
      return `${fact.of} answers visitors.`;
    case 'copied':
      return `${fact.to} is a copy, which no gate has compared.`;
    case 'compared':
      return `${fact.to} has the same content as ${fact.from}.`;
    case 'delegation':
      return fact.is === 'changed'
        ? `The domain is delegated to the name servers of ${fact.to}, and no more to ${fact.from}.`
        : `No resolver asks any name servers but those of ${fact.to}.`;
    case 'ds':
      return fact.are === 'removed'
        ? `The DS records for the keys of ${fact.of} are removed; resolvers may still hold them.`
        : `No resolver holds a DS record for the keys of ${fact.of}.`;
    case 'scaling':
      return `Automatic scaling of ${fact.of} is ${fact.is}.`;
    case 'workers':
      return `Workers of ${fact.of} ${fact.are === 'running' ? 'run' : 'are stopped'}.`;
  }
}
