import {type Blocked, blocked} from '../../../src/index.ts';
import type {MysqlReader, Position, Replication} from '../contract.ts';
import {hasReached, positionText} from '../replication/position.ts';
import {repairOf} from '../replication/repair.ts';
import {brokenReason, isRunning, sourceAddress} from '../replication/replication.ts';
import {tlsMissing} from '../replication/tls.ts';
import {ownServerId} from './own-writes.ts';

/** The three servers of a ring: source > replica > Aurora > source. */
export interface Members {
  readonly source: MysqlReader;
  readonly replica: MysqlReader;
  readonly aurora: MysqlReader;
}

interface Link {
  readonly from: MysqlReader;
  readonly to: MysqlReader;
}

export const forwardLinks = ({source, replica, aurora}: Members): readonly Link[] => [
  {from: source, to: replica},
  {from: replica, to: aurora},
];

export const ringLinks = (members: Members): readonly Link[] => [
  ...forwardLinks(members),
  {from: members.aurora, to: members.source},
];

/** Why these links do not carry every write, or which of them still connects; `null` when all of them run. */
export async function linkObstacle(
  links: readonly Link[],
  signal: AbortSignal,
): Promise<Blocked | {readonly connecting: string} | null> {
  const states = await Promise.all(links.map((link) => linkState(link, signal)));
  const broken = states.find((state) => state !== null && 'kind' in state);
  return broken ?? states.find((state) => state !== null) ?? null;
}

async function linkState(
  {from, to}: Link,
  signal: AbortSignal,
): Promise<Blocked | {readonly connecting: string} | null> {
  const [replication, id] = await Promise.all([to.replication(signal), ownServerId(from, signal)]);
  if (!replication) {
    return notLinked(from, to, 'it has no source');
  }
  const {sourceServerId} = replication;
  if (sourceServerId !== 0 && sourceServerId !== id) {
    const is = `its source ${sourceAddress(replication)} has server_id ${sourceServerId}, and ${from.name} has ${id}`;
    return notLinked(from, to, is);
  }
  const unencrypted = tlsMissing(to, replication);
  if (unencrypted) {
    return unencrypted;
  }
  const broken = brokenReason(replication);
  if (broken !== null) {
    return notLinked(from, to, broken, repairOf(to.name, replication));
  }
  if (replication.filters.length > 0) {
    return notLinked(from, to, `it filters: ${replication.filters.join('; ')}`);
  }
  return isRunning(replication)
    ? null
    : {connecting: `${to.name} is connecting to ${from.name} (IO ${replication.io})`};
}

const notLinked = (
  from: MysqlReader,
  to: MysqlReader,
  is: string,
  hint = `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${to.name}, fix the cause, then try again.`,
): Blocked => blocked(`${to.name} does not replicate everything from ${from.name}: ${is}.`, hint);

/** Waits up to a second until `to` has executed what `from` has written now; in words, how far it is otherwise. */
export async function untilExecuted({from, to}: Link, signal: AbortSignal): Promise<string | null> {
  const goal = await from.position(signal);
  const first = await to.replication(signal);
  if (hasExecuted(first, goal)) {
    return null;
  }
  await to.waitUntilExecuted(goal, signal);
  const replication = await to.replication(signal);
  return hasExecuted(replication, goal)
    ? null
    : `${to.name} has executed ${replication ? positionText(replication.executed) : 'nothing'} of ${from.name}, which is at ${positionText(goal)}`;
}

const hasExecuted = (replication: Replication | null, goal: Position): boolean =>
  replication !== null && hasReached(replication.executed, goal);
