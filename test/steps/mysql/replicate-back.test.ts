import {describe, expect, test} from 'vitest';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {stopReplication} from '../../../steps/mysql/stop-replication.ts';
import {type FakeServer, fakeServers} from './fake-servers.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from './walk.ts';

const before = {source: null};

/** The way back is armed, and applications write on Aurora. */
async function armed() {
  const servers = fakeServers();
  servers.promoted();
  const placed = replicationOf(servers.source, servers.aurora);
  await run(placed);
  servers.aurora.readOnly = false;
  servers.aurora.write();
  servers.aurora.write();
  return {...servers, placed};
}

const replicationOf = (replica: FakeServer, source: FakeServer): Placed => ({
  id: 'reverse-replication',
  unit: replicateBack,
  on: {replica: replica.session(), source: source.session()},
  input: {host: 'aurora', file: 'aurora-bin.000001', position: 120},
});

test('going back, the old source first executes everything that was written on Aurora', async () => {
  const {source, aurora, placed} = await armed();
  aurora.readOnly = true;
  expect(await reverse(placed, before)).toMatchObject({kind: 'pending', before});
  expect(source.rows).toBe(aurora.rows);
  expect(source.following).toBeNull();
});

test('going back waits for nothing while Aurora still accepts writes: it says so', async () => {
  const {source, placed} = await armed();
  await expect(reverse(placed, before)).rejects.toThrow(
    'aurora still accepts writes, so db1 can never have executed the last of them.',
  );
  expect(source.following).not.toBeNull();
});

test('cut off at any point of going back, it never says that nothing is missing while something is', async () => {
  const answers: string[] = [];
  for (let done = 0; done <= 4; done += 1) {
    const {source, aurora, placed} = await armed();
    aurora.readOnly = true;
    if (source.following) {
      // It lags: what was written last arrives only when it is waited for.
      source.following.running = false;
    }
    await performAll(placed, (await wayBack(placed)).slice(0, done));
    source.following = null;
    const answer = await replicateBack.reverse(lookOf(placed, true), before);
    const words = 'kind' in answer ? answer.reason : `${answer.length} actions`;
    answers.push(`${aurora.rows - source.rows} rows missing: ${words}`);
  }
  const broken =
    'The way back to db1 is broken: it no longer follows aurora. Going back would lose 3 transactions (shop.orders) between aurora-bin.000001:120 and aurora-bin.000001:420 of aurora.';
  expect(answers).toEqual([
    `2 rows missing: ${broken}`,
    `0 rows missing: ${broken}`,
    '0 rows missing: 0 actions',
    '0 rows missing: 0 actions',
    '0 rows missing: 0 actions',
  ]);
});

async function wayBack(placed: Placed) {
  const actions = await replicateBack.reverse(lookOf(placed, true), before);
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  return actions;
}

describe('going back is refused when writes would be lost', () => {
  const cases = [
    {
      name: 'replication stopped with an error',
      happens: ({source}: {source: FakeServer}) => {
        source.replicationError = {thread: 'sql', errno: 1062, text: "Duplicate entry '7'"};
      },
      reason:
        "The way back to db1 is broken: Duplicate entry '7' (SQL errno 1062). Going back would lose 2 transactions (shop.orders) between aurora-bin.000001:220 and aurora-bin.000001:420 of aurora.",
    },
    {
      name: 'somebody reset replication',
      happens: ({source}: {source: FakeServer}) => {
        source.following = null;
      },
      reason:
        'The way back to db1 is broken: it no longer follows aurora. Going back would lose 3 transactions (shop.orders) between aurora-bin.000001:120 and aurora-bin.000001:420 of aurora.',
    },
    {
      name: 'Aurora purged its log',
      happens: ({aurora}: {aurora: FakeServer}) => {
        aurora.oldestLog = 2;
      },
      reason:
        'The way back to db1 is broken: the oldest log of aurora is now aurora-bin.000002. Going back would lose more than 3 transactions (shop.orders) between aurora-bin.000001:220 and aurora-bin.000001:420 of aurora.',
    },
  ];
  for (const {name, happens, reason} of cases) {
    test(name, async () => {
      const {placed, ...servers} = await armed();
      servers.source.replicate();
      const {following} = servers.source;
      if (following) {
        // What arrived last has not been executed yet.
        following.next -= 2;
        following.running = name !== 'Aurora purged its log';
      }
      happens(servers);
      expect(await reverse(placed, before)).toEqual({
        kind: 'blocked',
        reason,
        hint: 'Repair replication on db1 until it has caught up, then reverse again; or stay where you are.',
      });
    });
  }
});

test('a server that follows another one already is left alone', async () => {
  const {source, replica, aurora, promoted} = fakeServers();
  promoted();
  replica.following = null;
  source.follow(replica);
  expect(await settled(replicationOf(source, aurora))).toMatchObject({
    kind: 'blocked',
    reason: 'db1 follows db2:3306, and can follow one server only.',
  });
});

test('it is not done before the row has arrived', async () => {
  const {source, aurora, promoted} = fakeServers();
  promoted();
  const placed = replicationOf(source, aurora);
  const actions = await replicateBack.plan(lookOf(placed), before as never);
  expect(actions.map(({on, does}) => `${on}: ${does}`)).toEqual([
    'replica: follow aurora at aurora:3306, from aurora-bin.000001:120',
    'replica: start replication, and see both threads run',
    'source: write a row for this run into switcharoo.sentinel',
  ]);
  await performAll(placed, actions.slice(0, 2));
  expect((await replicateBack.check(lookOf(placed, true))).kind).toBe('pending');
  await performAll(placed, actions.slice(2));
  expect(await replicateBack.check(lookOf(placed, true))).toEqual({kind: 'done', output: {}});
});

test('taking the way back down leaves nothing to follow', async () => {
  const {source, aurora, promoted} = fakeServers();
  promoted();
  source.follow(aurora);
  const placed = {id: 'down', unit: stopReplication, on: {replica: source.session()}};
  const actions = await stopReplication.plan(lookOf(placed), undefined);
  expect(actions.map(({does}) => does)).toEqual(['stop following aurora:3306, and forget it']);
  await performAll(placed, actions);
  expect(await stopReplication.check(lookOf(placed, true))).toEqual({
    kind: 'done',
    output: {},
  });
});

test('a source that was restarted has forgotten its freeze, and that is told', async () => {
  const {source, placed} = await armed();
  source.readOnly = false;
  expect(await settled(placed, true)).toMatchObject({
    kind: 'blocked',
    reason: 'db1 accepts writes, and a server that follows must have no other writer.',
  });
});
