import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import type {Action} from '../../../src/model/step.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {promote} from '../../../steps/aurora/promote.ts';
import {caughtUp} from '../../../steps/mysql/caught-up.ts';
import {freezeWrites} from '../../../steps/mysql/freeze-writes.ts';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {stillFrozen} from '../../../steps/mysql/still-frozen.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {lookOf, type Placed, performAll, settled} from './placed-unit.ts';
import {openRealServers, type RealServers, untilFollowed} from './real-servers.ts';

// A nightly FLUSH LOGS, and max_binlog_size, do not ask whether a cutover is under way.
forEachPair('a log that is rotated', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());
  beforeEach(() => servers.replicating());

  test('at any moment from the freeze to open writes and back stops neither the run nor its reversal', async () => {
    const {source, replica, aurora} = servers.databases;
    const rotate = () => rotateAll([source, replica, aurora]);
    const {undo} = await forth(servers, rotate);
    await order(aurora, 'on Aurora');
    for (const back of undo) {
      await back();
    }
    await order(source, 'on the source again');
    await untilFollowed(source, replica);
    await untilFollowed(replica, aurora);
    const [first, ...others] = await Promise.all([source, replica, aurora].map(tokensOf));
    expect(first).toEqual(expect.arrayContaining(['on Aurora', 'on the source again']));
    expect(others).toEqual([first, first]);
  });

  test('on the replica after Aurora was caught up is waited for, and not a reason to stop', async () => {
    const promotion = await promotionOf(servers);
    expect(await checkAsOf(servers, promotion, [])).toEqual({
      kind: 'waiting',
      progress: expect.stringMatching(
        /^aurora is at mysql-bin\.\d+:\d+, 1 file behind db2, which is at mysql-bin\.\d+:\d+: the log was rotated, with no changes in between$/,
      ),
    });
    expect((await settled(promotion)).kind).toBe('pending');
  });

  test('with a write after it is not waited for', async () => {
    const promotion = await promotionOf(servers);
    expect(await checkAsOf(servers, promotion, ['slipped in'])).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora is at .*, 1 file behind db2, which is at .*: shop\.orders at mysql-bin\.\d+:\d+.*\.$/,
      ),
      hint: 'db2 was written to after aurora had caught up. Check which session writes there with SHOW PROCESSLIST. Reverse to the checkpoint before the freeze, unless the writes changed no data.',
    });
  });
});

async function promotionOf({replica, aurora}: RealServers): Promise<Placed> {
  const upstreamAt = await replica.reader.position();
  return {id: 'promote', unit: promote, on: {aurora, upstream: replica}, input: {upstreamAt}};
}

/** Aurora's own answer from right before the rotation: it reads on within milliseconds. */
async function checkAsOf({aurora, databases}: RealServers, promotion: Placed, tokens: string[]) {
  const earlier = await aurora.reader.replication();
  await databases.replica.query('FLUSH LOGS');
  for (const token of tokens) {
    await order(databases.replica, token);
  }
  const reader = {...aurora.reader, replication: async () => earlier};
  return promote.check(lookOf({...promotion, on: {...promotion.on, aurora: {...aurora, reader}}}));
}

const rotateAll = async (all: readonly LabDatabase[]) => {
  for (const server of all) {
    await server.query('FLUSH LOGS');
  }
};

const order = (server: LabDatabase, token: string) =>
  server.query("INSERT INTO shop.orders (token, client, side) VALUES (?, 1, 'test')", [token]);

const tokensOf = async (server: LabDatabase) =>
  (await server.query('SELECT token FROM shop.orders ORDER BY token')).map((row) => row['token']);

/** The database's part of a cutover, with all logs rotated before each check and each action. */
async function forth(servers: RealServers, rotate: () => Promise<void>) {
  const {source, replica, aurora, at} = servers;
  const undo: (() => Promise<void>)[] = [];
  const perform = async (placed: Placed, actions: readonly Action<any>[]) => {
    for (const action of actions) {
      await rotate();
      await performAll(placed, [action]);
    }
  };
  const walk = async (placed: Placed) => {
    await rotate();
    const first = await settled(placed);
    if (first.kind === 'done') {
      return first.output;
    }
    if (first.kind !== 'pending' || placed.unit.kind !== 'step') {
      throw new Error(`${placed.id} is ${JSON.stringify(first)}`);
    }
    const {unit} = placed;
    const {before} = first;
    await perform(placed, await unit.plan(lookOf(placed), before));
    await rotate();
    const verdict = await settled(placed, true);
    if (verdict.kind !== 'done') {
      throw new Error(`${placed.id} is ${JSON.stringify(verdict)}`);
    }
    undo.unshift(async () => {
      await rotate();
      if (unit.kind === 'step') {
        const loss = await unit.reversalLoss?.(lookOf(placed, true));
        expect(loss?.lossless ?? true, JSON.stringify(loss)).toBe(true);
        const actions = await unit.reverse(lookOf(placed, true), before);
        if ('kind' in actions) {
          throw new Error(`${placed.id} is ${JSON.stringify(actions)}`);
        }
        await perform(placed, actions);
        await rotate();
        expect(await settled(placed, true)).toMatchObject({kind: 'pending', before});
      }
    });
    return verdict.output;
  };
  const frozen = await walk({id: 'freeze', unit: freezeWrites, on: {source}});
  const hop = await walk({
    ...{id: 'first', unit: caughtUp, on: {upstream: source, replica}},
    input: {position: frozen},
  });
  const second = {upstream: replica, replica: aurora};
  await walk({id: 'second', unit: caughtUp, on: second, input: {position: hop}});
  await walk({id: 'unchanged', unit: stillFrozen, on: {source}, input: {position: frozen}});
  const promotion = {id: 'promote', unit: promote, on: {aurora, upstream: replica}};
  const promoted = await walk({...promotion, input: {upstreamAt: hop}});
  await walk({
    ...{id: 'reverse', unit: replicateBack, on: {replica: source, source: aurora}},
    input: {...at.aurora, ...promoted, frozenAt: frozen},
  });
  await walk({id: 'still-frozen', unit: stillFrozen, on: {source}});
  await walk({id: 'open', unit: openWrites, on: {aurora}});
  const back = {upstream: aurora, replica: source};
  await walk({id: 'reverse-caught-up', unit: caughtUp, on: back, input: {lagMsMax: 2_000}});
  return {undo};
}
