import {AwsError} from './replies.ts';
import type {Change} from './route53-xml.ts';

interface Bounds {
  readonly member: string;
  readonly of: (change: Change) => readonly number[];
  readonly least: number;
  readonly most: number;
  readonly ofWhat: 'value' | 'length';
}

/** API reference: the constraints of ResourceRecordSet and ResourceRecord. */
const bounds: readonly Bounds[] = [
  {
    ...{member: 'tTL', ofWhat: 'value', least: 0, most: 2_147_483_647},
    of: ({set: {ttl}}) => (ttl === undefined ? [] : [ttl]),
  },
  {
    ...{member: 'weight', ofWhat: 'value', least: 0, most: 255},
    of: ({set: {weight}}) => (weight === undefined ? [] : [weight]),
  },
  {
    ...{member: 'setIdentifier', ofWhat: 'length', least: 1, most: 128},
    of: ({set: {setIdentifier}}) => (setIdentifier === undefined ? [] : [setIdentifier.length]),
  },
  {
    ...{member: 'resourceRecords', ofWhat: 'length', least: 0, most: 4_000},
    of: ({set: {values = []}}) => values.map((value) => value.length),
  },
];

/** Throws InvalidInput, before anything is compared with the zone. */
export function refuseBeyondBounds(changes: readonly Change[]): void {
  const errors = changes.flatMap((change, at) =>
    bounds.flatMap(({member, of, ofWhat, least, most}) =>
      of(change)
        .filter((is) => is < least || is > most)
        .map((is) => {
          const bound =
            is < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
          return `Value at 'changeBatch.changes.${at + 1}.member.resourceRecordSet.${member}' failed to satisfy constraint: Member must have ${ofWhat} ${bound}`;
        }),
    ),
  );
  if (errors.length > 0) {
    const many = errors.length === 1 ? 'error' : 'errors';
    throw new AwsError(
      'InvalidInput',
      `${errors.length} validation ${many} detected: ${errors.join('; ')}`,
    );
  }
}
