import {type Blocked, blocked} from '../../../src/index.ts';
import type {RedisReader} from '../contract.ts';
import {keyCount} from '../server/key-text.ts';
import {type Marker, markerKey} from './marker.ts';

/** `newRedis (database 0)` */
export const placeText = ({name, db}: RedisReader): string => `${name} (database ${db})`;

/** Nothing is copied over what another run has copied. */
export function otherLeads(target: RedisReader, marker: Marker | 'foreign'): Blocked {
  const remove = `redis-cli -h HOST -n ${target.db} FLUSHDB`;
  return marker === 'foreign'
    ? blocked(
        `${placeText(target)} has the key ${markerKey}, which is no marker of switcharoo.`,
        `Check who wrote it. If nobody needs the keys of this database, remove them: ${remove}`,
      )
    : blocked(
        `${placeText(target)} has the keys of another copy, which was not reversed: run ${marker.run}, entry ${marker.entry}.`,
        `Reverse that run, which copies the changes back: switcharoo reverse ${marker.run}. If nobody needs the keys, remove them: ${remove}`,
      );
}

/** Why nothing can be copied back, and what to do. */
export const markerLost = (
  target: RedisReader,
  count: number,
): readonly [reason: string, hint: string] => [
  `${placeText(target)} has ${keyCount(count)}, and not the marker of this run (${markerKey}): what was written and deleted there since the copy is not known.`,
  `Copy what is needed to the old side by hand. Then remove all keys (redis-cli -h HOST -n ${target.db} FLUSHDB), and reverse again.`,
];
