import type {ReversalLoss} from '../../../src/index.ts';
import type {Position} from '../contract.ts';
import {positionText} from '../replication/position.ts';
import {linkObstacle, type Members, ringLinks} from './links.ts';
import {ownWritesSince} from './own-writes.ts';
import {writesText} from './problems.ts';

/** The state of the ring in words, at any time: whether it runs, and whether Aurora was written to before its time. */
export async function ringLossOf(
  members: Members,
  since: Position | null,
  signal: AbortSignal,
): Promise<ReversalLoss> {
  const {source, replica, aurora} = members;
  const ring = `${source.name} > ${replica.name} > ${aurora.name} > ${source.name}`;
  const obstacle = await linkObstacle(ringLinks(members), signal);
  const reason = obstacle && ('kind' in obstacle ? obstacle.reason : `${obstacle.connecting}.`);
  const runs =
    reason === null ? `The ring ${ring} runs.` : `The ring ${ring} does not run: ${reason}`;
  if (!(await aurora.fence(signal)).readOnly) {
    return {lossless: reason === null, because: [runs]};
  }
  const writes =
    since && (await ownWritesSince(aurora, {from: since, limitMs: readLimitMs}, signal));
  const unwritten =
    since === null || writes === null
      ? `Nobody has looked yet who wrote on ${aurora.name}.`
      : writes.count > 0
        ? `${writesText(aurora.name, writes, since)}. ${source.name} receives these writes, but they were made before the cutover.`
        : `${aurora.name} has no write of its own since ${positionText(since)}${writes.isWhole ? '' : `, as far as its log was read (${positionText(writes.until)})`}.`;
  // Aurora refuses writes: whatever happens to the ring, the source has everything that was accepted.
  return {
    lossless: writes === null || writes.count === 0 || reason === null,
    because: [runs, unwritten],
  };
}

const readLimitMs = 2_000;
