import {describe, expect, test} from 'vitest';
import {replicateBack} from '../../../steps/mysql/replicate-back.ts';
import {stopReplication} from '../../../steps/mysql/stop-replication.ts';
import {type FakeServer, fakeServers} from './fake-servers.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from './placed-unit.ts';

const before = {source: null};

/** Reverse replication runs, and applications write on Aurora. */
async function reverseReplicating() {
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

test('it is started again after somebody stopped it, and not over one that was reset', async () => {
  const {source, aurora, placed} = await reverseReplicating();
  const [upkeep] = (placed.unit as typeof replicateBack).upkeep ?? [];
  const look = () => lookOf(placed, true) as never;
  const is = () => upkeep?.check(look(), {output: {}, at: new Date()});
  expect(await is()).toEqual({kind: 'holds'});
  await source.session().writer.stopReplication(new AbortController().signal);
  expect(await is()).toMatchObject({kind: 'lapsed', since: 'since somebody stopped it'});
  await performAll(placed, (await upkeep?.restore(look())) ?? []);
  expect(await is()).toEqual({kind: 'holds'});
  source.replicate();
  expect(source.rows).toBe(aurora.rows);
  source.channel = null;
  expect(await is()).toMatchObject({
    kind: 'blocked',
    reason: 'db1 does not replicate now, and replicated from aurora:3306.',
  });
});

test('reversal first executes everything that Aurora has written on the old source', async () => {
  const {source, aurora, placed} = await reverseReplicating();
  aurora.readOnly = true;
  expect(await reverse(placed, before)).toMatchObject({kind: 'pending', before});
  expect(source.rows).toBe(aurora.rows);
  expect(source.channel).toBeNull();
});

test('reversal fails at once while Aurora still accepts writes', async () => {
  const {source, placed} = await reverseReplicating();
  await expect(reverse(placed, before)).rejects.toThrow(
    'aurora still accepts writes, so db1 may miss the last of them.',
  );
  expect(source.channel).not.toBeNull();
});

test('a reversal interrupted after any action never reports success while rows are missing', async () => {
  const answers: string[] = [];
  for (let done = 0; done <= 4; done += 1) {
    const {source, aurora, placed} = await reverseReplicating();
    aurora.readOnly = true;
    if (source.channel) {
      // It lags: what was written last arrives only when it is waited for.
      source.channel.running = false;
    }
    await performAll(placed, (await reversalActions(placed)).slice(0, done));
    source.channel = null;
    const answer = await replicateBack.reverse(lookOf(placed, true), before);
    const words = 'kind' in answer ? answer.reason : `${answer.length} actions`;
    answers.push(`${aurora.rows - source.rows} rows missing: ${words}`);
  }
  const broken =
    'Reverse replication to db1 is broken: it no longer replicates from aurora. Reversal would lose 3 transactions (switcharoo.sentinel, shop.orders) between aurora-bin.000001:120 and aurora-bin.000001:420 of aurora.';
  expect(answers).toEqual([
    `2 rows missing: ${broken}`,
    `0 rows missing: ${broken}`,
    '0 rows missing: 0 actions',
    '0 rows missing: 0 actions',
    '0 rows missing: 0 actions',
  ]);
});

async function reversalActions(placed: Placed) {
  const actions = await replicateBack.reverse(lookOf(placed, true), before);
  if ('kind' in actions) {
    throw new Error(actions.reason);
  }
  return actions;
}

describe('reversal is blocked when writes would be lost', () => {
  const cases = [
    {
      name: 'replication stopped with an error',
      happens: ({source}: {source: FakeServer}) => {
        source.replicationError = {thread: 'sql', errno: 1062, text: "Duplicate entry '7'"};
      },
      reason:
        "Reverse replication to db1 is broken: Duplicate entry '7' (SQL errno 1062). Reversal would lose 2 transactions (shop.orders) between aurora-bin.000001:220 and aurora-bin.000001:420 of aurora.",
    },
    {
      name: 'replication was reset by hand',
      happens: ({source}: {source: FakeServer}) => {
        source.channel = null;
      },
      reason:
        'Reverse replication to db1 is broken: it no longer replicates from aurora. Reversal would lose 3 transactions (switcharoo.sentinel, shop.orders) between aurora-bin.000001:120 and aurora-bin.000001:420 of aurora.',
    },
    {
      name: 'Aurora purged its log',
      happens: ({aurora}: {aurora: FakeServer}) => {
        aurora.oldestLog = 2;
      },
      reason:
        'Reverse replication to db1 is broken: the oldest binary log of aurora is now aurora-bin.000002. Reversal would lose more than 3 transactions (switcharoo.sentinel, shop.orders) between aurora-bin.000001:220 and aurora-bin.000001:420 of aurora.',
    },
  ];
  for (const {name, happens, reason} of cases) {
    test(name, async () => {
      const {placed, ...servers} = await reverseReplicating();
      servers.source.replicate();
      const {channel} = servers.source;
      if (channel) {
        // What arrived last has not been executed yet.
        channel.next -= 2;
        channel.running = name !== 'Aurora purged its log';
      }
      happens(servers);
      expect(await reverse(placed, before)).toEqual({
        kind: 'blocked',
        reason,
        hint: 'Repair replication on db1 until it has caught up, then reverse again; or stay on aurora.',
      });
    });
  }
});

test('a server that already has another source is not changed', async () => {
  const {source, replica, aurora, promoted} = fakeServers();
  promoted();
  replica.channel = null;
  source.replicateFrom(replica);
  expect(await settled(replicationOf(source, aurora))).toMatchObject({
    kind: 'blocked',
    reason: 'db1 already replicates from db2:3306, and can have one source only.',
  });
});

test('is not done before the test row has arrived', async () => {
  const {source, aurora, promoted} = fakeServers();
  promoted();
  const placed = replicationOf(source, aurora);
  const actions = await replicateBack.plan(lookOf(placed), before as never);
  expect(actions.map(({on, does}) => `${on}: ${does}`)).toEqual([
    'replica: set aurora at aurora:3306 as the replication source, from aurora-bin.000001:120',
    'replica: start replication, and wait until both threads run',
    'source: write the test row of this run into switcharoo.sentinel',
  ]);
  await performAll(placed, actions.slice(0, 2));
  expect((await replicateBack.check(lookOf(placed, true))).kind).toBe('pending');
  await performAll(placed, actions.slice(2));
  expect(await replicateBack.check(lookOf(placed, true))).toEqual({kind: 'done', output: {}});
});

test('mysql.stop-replication leaves no replication settings', async () => {
  const {source, aurora, promoted} = fakeServers();
  promoted();
  source.replicateFrom(aurora);
  const placed = {id: 'down', unit: stopReplication, on: {replica: source.session()}};
  const actions = await stopReplication.plan(lookOf(placed), undefined);
  expect(actions.map(({does}) => does)).toEqual(['stop and reset replication from aurora:3306']);
  await performAll(placed, actions);
  expect(await stopReplication.check(lookOf(placed, true))).toEqual({
    kind: 'done',
    output: {},
  });
});

test('a restart that reset read_only on the old source is reported', async () => {
  const {source, placed} = await reverseReplicating();
  source.readOnly = false;
  expect(await settled(placed, true)).toMatchObject({
    kind: 'blocked',
    reason: 'db1 accepts writes (read_only = OFF), and a replica must have no other writer.',
  });
});

describe('whether a reversal is lossless while reverse replication does not run', () => {
  const said = async (placed: Placed) => replicateBack.reversalLoss?.(lookOf(placed, true));
  const nothing = (position: number) => ({
    lossless: true,
    because: [
      `Both servers refuse writes. aurora wrote nothing after aurora-bin.000001:${position}, and db1 has everything up to there.`,
    ],
  });

  test('yes, before it starts: nothing was written on Aurora', async () => {
    const {source, aurora, promoted} = fakeServers();
    promoted();
    const placed = replicationOf(source, aurora);
    expect(await said(placed)).toEqual(nothing(120));
    const actions = await replicateBack.plan(lookOf(placed), before as never);
    await performAll(placed, actions.slice(0, 1));
    expect(await said(placed)).toEqual(nothing(120));
  });

  test('no, once Aurora has something that the old source lacks, or may get it', async () => {
    const {source, aurora, placed} = await reverseReplicating();
    expect(source.channel).not.toBeNull();
    if (source.channel) {
      source.channel.running = false;
    }
    aurora.readOnly = true;
    expect(await said(placed)).toMatchObject({lossless: false});
    source.channel = null;
    expect(await said(placed)).toMatchObject({lossless: false});
  });

  test('no, while Aurora accepts writes', async () => {
    const {source, aurora, promoted} = fakeServers();
    promoted();
    aurora.readOnly = false;
    expect(await said(replicationOf(source, aurora))).toMatchObject({lossless: false});
  });
});
