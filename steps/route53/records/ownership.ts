import {type Blocked, blocked} from '../../../src/index.ts';
import type {ZoneReader} from '../contract.ts';
import {canonicalName} from './canonical.ts';
import type {RecordSet} from './record-set.ts';
import {contentOf, recordName} from './record-text.ts';
import type {Scope} from './scope.ts';

/**
 * The names of external-dns's ownership records (its TXT registry): the name itself, and from 0.12 on `TYPE-NAME`,
 * where an
 * alias counts as a CNAME. A custom prefix or suffix is not detected.
 */
const ownershipNames = (scope: Scope): readonly string[] =>
  scope
    .filter(({name}) => !/^(\*|\\052)\./.test(name))
    .flatMap(({name, type}) => [type.toLowerCase(), 'cname'].map((kind) => `${kind}-${name}`));

/** Its sets at other names than those of the scope. Each name costs a call of Route 53. */
export async function ownershipOf(
  zone: ZoneReader,
  scope: Scope,
  signal: AbortSignal,
): Promise<readonly RecordSet[]> {
  const names = new Set(ownershipNames(scope).map(canonicalName));
  const sets = await zone.setsAt([...names], signal);
  return sets.filter(({name}) => names.has(canonicalName(name)));
}

/** external-dns restores its own records, usually within a minute. */
export function ownedByExternalDns(
  zone: ZoneReader,
  sets: readonly RecordSet[],
): Blocked | undefined {
  const ownership = sets.find(
    ({type, values = []}) =>
      type === 'TXT' && values.some((value) => value.includes('heritage=external-dns')),
  );
  return ownership
    ? blocked(
        `${zone.name} holds ${recordName(ownership)} ${contentOf(ownership)}: external-dns owns this name, and would overwrite the change.`,
        'Remove the name from the Ingress or Service that external-dns reads, with its policy upsert-only, or stop external-dns; then delete this TXT record and plan again.',
      )
    : undefined;
}
