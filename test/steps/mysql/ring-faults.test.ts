import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import {openWritesInRing} from '../../../steps/aurora/open-writes-in-ring.ts';
import {takeRingDown} from '../../../steps/aurora/take-ring-down.ts';
import {armRing} from '../../../steps/mysql/arm-ring.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from './placed-unit.ts';
import {openRealServers, type RealServers, replicationOn, untilFollowed} from './real-servers.ts';
import {arming, forth, intact, opened, possible} from './ring-trips.ts';

const before = {source: null};

forEachPair('a ring with a fault', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  beforeEach(() => servers.replicating());
  afterAll(() => servers?.close());

  const write = (server: 'source' | 'aurora', token: string) =>
    servers.databases[server].query(
      "INSERT INTO shop.orders (token, client, side) VALUES (?, 1, 'test')",
      [token],
    );

  test('a write on Aurora before the cutover is named, with its place, at the gate and in the status', async () => {
    const ring = arming(servers);
    const {output: armed} = await run(ring);
    expect(armed).toMatchObject({returns: true});
    await write('source', `before-${Date.now()}`);
    await untilFollowed(servers.databases.replica, servers.databases.aurora);
    expect((await run(intact(servers, armed))).output).toMatchObject({
      file: expect.stringMatching(/^mysql-bin-changelog\./),
    });
    expect((await lossOf(ring)).because).toEqual([
      'The ring db1 > db2 > aurora > db1 runs.',
      expect.stringMatching(
        /^aurora has no write of its own since mysql-bin-changelog\.\d+:\d+\.$/,
      ),
    ]);
    await write('aurora', `accident-${Date.now()}`);
    const written = await settled(intact(servers, armed));
    expect(written).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora was written to once after mysql-bin-changelog\.\d+:\d+, outside replication: shop\.orders at mysql-bin-changelog\.\d+:\d+\.$/,
      ),
    });
    expect((await lossOf(ring)).because[1]).toMatch(/^aurora was written to once after /);
    // The row went round, and stopped nothing: the ring can be left.
    await untilFollowed(servers.databases.aurora, servers.databases.source);
    expect(await reverse(ring, before)).toMatchObject({kind: 'pending', before});
    expect(await replicationOn(servers.databases.source)).toBeNull();
  });

  test('a write on Aurora while the ring is armed is found before reverse replication starts', async () => {
    const ring = arming(servers);
    const actions = await armRing.plan(lookOf(ring), before);
    await performAll(ring, actions.slice(0, 1));
    await write('aurora', `early-${Date.now()}`);
    await expect(performAll(ring, actions.slice(1))).rejects.toMatchObject({
      problem: {code: 'mysql-ring-writes-on-aurora'},
    });
    expect(await replicationOn(servers.databases.source)).toBeNull();
    // What is missing on the source is written there by hand, as the hint says.
    await servers.databases.aurora.session(async (connection) => {
      await connection.query('SET sql_log_bin = 0');
      await connection.query("DELETE FROM shop.orders WHERE token LIKE 'early-%'");
    });
    expect(await reverse(ring, before)).toMatchObject({kind: 'pending', before});
  });

  test('a stopped thread of the source closes the gate, and starting it opens the gate again', async () => {
    const ring = arming(servers);
    const {output: armed} = await run(ring);
    const {source} = servers.databases;
    const {stopExecuting, startExecuting} = statementsOf(source.brand);
    await source.query(stopExecuting);
    expect(await settled(intact(servers, armed))).toMatchObject({
      kind: 'blocked',
      reason: 'db1 does not replicate everything from aurora: the SQL thread is stopped.',
    });
    expect((await lossOf(ring)).because[0]).toBe(
      'The ring db1 > db2 > aurora > db1 does not run: db1 does not replicate everything from aurora: the SQL thread is stopped.',
    );
    await source.query(startExecuting);
    expect(await settled(intact(servers, armed))).toMatchObject({kind: 'done'});
    await reverse(ring, before);
  });

  test('stopped at every point of the arming, it is armed whole by a second try, and from nowhere else', async () => {
    for (let stop = 0; stop <= 4; stop += 1) {
      await servers.replicating();
      const ring = arming(servers);
      const actions = await armRing.plan(lookOf(ring), before);
      await performAll(ring, actions.slice(0, stop));
      // Another process takes over: it knows only what the servers tell.
      await performAll(ring, await armRing.plan(lookOf(ring, true), before));
      expect(await settled(ring, true), `stopped after ${stop}`).toMatchObject({kind: 'done'});
      expect(await settled({...ring, id: 'again'}), 'armed by an earlier run').toMatchObject({
        kind: 'blocked',
        reason: expect.stringMatching(
          /^db1 already replicates from 127\.0\.0\.1:\d+, and this run did not start that\.$/,
        ),
      });
      expect(await reverse(ring, before)).toMatchObject({kind: 'pending', before});
    }
  });

  test('equal server ids are refused: each server would drop what the other wrote', async () => {
    const {aurora} = servers.databases;
    await aurora.query('SET GLOBAL server_id = 1');
    const blocked = {
      kind: 'blocked',
      reason: expect.stringContaining('db1 and aurora have the same server_id 1'),
    };
    expect(await settled(possible(servers))).toMatchObject(blocked);
    expect(await settled(arming(servers))).toMatchObject({kind: 'blocked'});
    await aurora.query('SET GLOBAL server_id = 3');
  });

  test('both sides are never opened: Aurora stays closed beside a writable source, and the source beside Aurora', async () => {
    const ring = arming(servers);
    await run(ring);
    const open = opened(servers);
    expect(await settled(open)).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^db1 accepts writes \(read_only = OFF\); with writes enabled on aurora/,
      ),
    });
    const {source, aurora} = servers.databases;
    await source.query('SET GLOBAL read_only = ON');
    const actions = await openWritesInRing.plan(lookOf(open), {readOnly: true});
    await source.query('SET GLOBAL read_only = OFF');
    await expect(performAll(open, actions)).rejects.toMatchObject({
      problem: {code: 'aurora-source-writable'},
    });
    const [{closed} = {}] = await aurora.query('SELECT @@global.read_only AS closed');
    expect(closed).toBe(1);
    const {undo} = await forth(servers, () => {});
    const thaw = undo.at(-1);
    await expect(thaw?.()).rejects.toMatchObject({
      problem: {code: 'mysql-ring-other-side-writable'},
    });
    expect(await reverse(ring, before)).toMatchObject({
      kind: 'blocked',
      reason: 'aurora accepts writes, and without the ring db1 would not receive them.',
    });
    for (const back of undo) {
      await back();
    }
    await reverse(ring, before);
  });

  test('a write that read_only does not stop on Aurora is found in the reversal, before the source is opened', async () => {
    const ring = arming(servers);
    await run(ring);
    const {undo} = await forth(servers, () => {});
    const {source, aurora} = servers.databases;
    const {reader} = servers.aurora;
    const token = `late-${Date.now()}`;
    let looks = 0;
    const position: typeof reader.position = async (signal) => {
      looks += 1;
      if (looks === 2) {
        await write('aurora', token);
      }
      return reader.position(signal);
    };
    const open = opened(servers);
    const on = {...open.on, aurora: {...servers.aurora, reader: {...reader, position}}};
    await expect(reverse({...open, on}, {readOnly: true})).rejects.toMatchObject({
      problem: {code: 'aurora-writes-while-read-only'},
    });
    const [{isClosed} = {}] = await source.query('SELECT @@global.read_only AS isClosed');
    expect(isClosed).toBe(1);
    for (const back of undo) {
      await back();
    }
    expect(
      await source.query('SELECT token FROM shop.orders WHERE token = ?', [token]),
    ).toHaveLength(1);
    await untilFollowed(source, servers.databases.replica);
    await untilFollowed(servers.databases.replica, aurora);
    await reverse(ring, before);
  });

  test('after the point of no return the ring is taken down, and not before', async () => {
    await run(arming(servers));
    const down: Placed = {
      ...{id: 'down', unit: takeRingDown},
      on: {aurora: servers.aurora, source: servers.source},
    };
    expect(await settled(down)).toMatchObject({
      kind: 'blocked',
      reason:
        'aurora refuses writes, so the cutover has not been made, and the ring is needed for it.',
    });
    await forth(servers, () => {});
    await performAll(down, await takeRingDown.plan(lookOf(down), undefined));
    expect(await settled(down, true)).toMatchObject({kind: 'done'});
    expect(await replicationOn(servers.databases.source)).toBeNull();
    expect(await replicationOn(servers.databases.aurora)).toBeNull();
  });

  test('Aurora killed: the gate waits or names it, and is open again once Aurora is back and closed', async () => {
    const ring = arming(servers);
    const {output: armed} = await run(ring);
    const {aurora} = servers.databases;
    await aurora.restart();
    expect(await settled(intact(servers, armed))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora accepts writes \(read_only = OFF\) before the cutover/,
      ),
    });
    await aurora.query('SET GLOBAL read_only = ON');
    expect(await settled(intact(servers, armed))).toMatchObject({kind: 'done'});
  });
});

const lossOf = async (ring: Placed) => {
  const answer = await armRing.reversalLoss?.(lookOf(ring, true));
  if (!answer) {
    throw new Error('mysql.arm-ring reports its reversal loss');
  }
  return answer;
};
