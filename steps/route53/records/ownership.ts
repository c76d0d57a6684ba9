import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, nameOf} from './record-text.ts';
import type {Scope} from './scope.ts';

/**
 * Where external-dns writes down what it owns (its TXT registry): at the name itself, and from 0.12 on at
 * `TYPE-NAME`, where an
 * alias counts as a CNAME. A prefix or suffix of its owner's choice is not found.
 */
const placesOf = (scope: Scope): readonly string[] =>
  scope
    .filter(({name}) => !/^(\*|\\052)\./.test(name))
    .flatMap(({name, type}) => [type.toLowerCase(), 'cname'].map((kind) => `${kind}-${name}`));

/** Its sets at other names than those of the scope. They are asked for beforehand: each name costs Route 53 a call. */
export async function ownershipOf(
  zone: ZoneReader,
  scope: Scope,
  signal: AbortSignal,
): Promise<readonly RecordSet[]> {
  const places = new Set(placesOf(scope).map(canonicalName));
  const sets = await zone.setsAt([...places], signal);
  return sets.filter(({name}) => places.has(canonicalName(name)));
}

/** external-dns puts back what it knows, within a minute as a rule. */
export function ownedByExternalDns(
  zone: ZoneReader,
  sets: readonly RecordSet[],
): Blocked | undefined {
  const mark = sets.find(
    ({type, values = []}) =>
      type === 'TXT' && values.some((value) => value.includes('heritage=external-dns')),
  );
  return mark
    ? blocked(
        `${zone.name} holds ${nameOf(mark)} ${contentOf(mark)}: external-dns keeps this name, and would put back what it knows of it.`,
        'Take the name out of what external-dns reads (an Ingress, a Service) with its policy upsert-only, or stop it; then remove this TXT record, and look again.',
      )
    : undefined;
}
