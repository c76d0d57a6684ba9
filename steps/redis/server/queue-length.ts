import type {QueueLength} from '../contract.ts';
import type {Command, Reply} from './connection.ts';
import {field, list} from './content.ts';

type Ask = (commands: readonly Command[]) => Promise<readonly Reply[]>;

const pageSize = 1_000;

export async function queueLengthOf(name: string, type: string, ask: Ask): Promise<QueueLength> {
  const command = lengthCommands[type];
  if (command !== undefined) {
    const [length] = await ask([[command, name]]);
    return {type, waiting: Number(length), pending: 0};
  }
  return type === 'stream' ? streamLength(name, ask) : {type, waiting: 0, pending: 0};
}

const lengthCommands: Readonly<Record<string, string>> = {
  list: 'LLEN',
  set: 'SCARD',
  zset: 'ZCARD',
};

/**
 * An entry stays in a stream when it is done. With groups, it waits until the group was given it, and is pending until
 * it is acknowledged. Without one, only XDEL or XTRIM tell that it is done.
 */
async function streamLength(name: string, ask: Ask): Promise<QueueLength> {
  const [length, stream, answer] = await ask([
    ['XLEN', name],
    ['XINFO', 'STREAM', name],
    ['XINFO', 'GROUPS', name],
  ]);
  const groups = list(answer);
  if (groups.length === 0) {
    return {type: 'stream', waiting: Number(length), pending: 0};
  }
  const last = String(field(stream, 'last-generated-id'));
  const waiting = await Promise.all(
    groups.map(async (group) => {
      const delivered = String(field(group, 'last-delivered-id'));
      if (delivered === last) {
        return 0;
      }
      // 7.0 and later tell it, but not of each group (XINFO GROUPS).
      const lag = field(group, 'lag');
      return typeof lag === 'number' ? lag : countAfter(name, delivered, ask);
    }),
  );
  const pending = groups.map((group) => Number(field(group, 'pending')));
  return {type: 'stream', waiting: Math.max(...waiting), pending: sum(pending)};
}

/** All of them: a count that stops somewhere would say that the messages get no fewer. */
async function countAfter(name: string, id: string, ask: Ask): Promise<number> {
  let count = 0;
  for (let last = id; ; ) {
    const [answer] = await ask([['XRANGE', name, last, '+', 'COUNT', `${pageSize}`]]);
    const ids = list(answer).map((entry) => String(list(entry)[0]));
    count += ids.filter((each) => each !== last).length;
    const next = ids.at(-1);
    if (ids.length < pageSize || next === undefined) {
      return count;
    }
    last = next;
  }
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, each) => total + each, 0);
