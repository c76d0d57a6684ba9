import {afterAll, beforeAll, expect, test} from 'vitest';
import type {AnyUpkeep, Step} from '../../../src/model/step.ts';
import {openWrites} from '../../../steps/aurora/open-writes.ts';
import {openWritesInRing} from '../../../steps/aurora/open-writes-in-ring.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {replicating} from '../mysql/back-and-forth.ts';
import {lookOf, type Placed, performAll, run} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers} from '../mysql/real-servers.ts';

forEachPair('a change in place that a reboot of Aurora ends', (pair) => {
  let servers: RealServers;
  let replicate: Placed;
  let done: {output: any; at: Date};
  beforeAll(async () => {
    servers = await openRealServers(pair);
    await servers.begin();
    replicate = replicating(servers);
    const {output} = await run(replicate);
    done = {output, at: new Date()};
  });
  afterAll(() => servers?.close());

  const upkeeps = (): readonly AnyUpkeep[] =>
    (replicate.unit as Step<any, any, any, any>).upkeep ?? [];
  const looks = async () => {
    // A server that has just restarted ends the sessions of before.
    const verdicts: any[] = [];
    for (const upkeep of upkeeps()) {
      verdicts.push(await upkeep.check(lookOf(replicate, true), done));
    }
    return verdicts;
  };
  const restore = async () => {
    for (const upkeep of upkeeps()) {
      const {kind} = await upkeep.check(lookOf(replicate, true), done);
      if (kind === 'lapsed') {
        await performAll(replicate, await upkeep.restore(lookOf(replicate, true)));
      }
    }
  };

  test('it holds, is made again after a stop, and its gap is searched for writes', async () => {
    const {aurora} = servers.databases;
    expect(await looks()).toEqual([{kind: 'holds'}, {kind: 'holds'}]);
    // So that the restart is seen to come later than a second after it was done.
    done = {...done, at: new Date(Date.now() - 60_000)};
    await aurora.restart();
    const [writes, replication] = await looks();
    expect(writes).toEqual({
      kind: 'lapsed',
      since: expect.stringMatching(
        /^since its restart at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; nobody wrote there meanwhile \(log searched from mysql-bin-changelog\.\d+:\d+\)$/,
      ),
      differences: [{what: 'aurora read_only', is: 'OFF', shouldBe: 'ON'}],
    });
    expect(replication.kind).toBe('holds');
    await restore();
    expect(await looks()).toEqual([{kind: 'holds'}, {kind: 'holds'}]);

    await aurora.query('CALL mysql.rds_stop_replication()');
    expect((await looks()).map(({kind}) => kind)).toEqual(['holds', 'lapsed']);
    await restore();
    expect((await looks()).map(({kind}) => kind)).toEqual(['holds', 'holds']);
  });

  test('it is not made again over a write that nobody replicated', async () => {
    const {aurora} = servers.databases;
    await aurora.query('SET GLOBAL read_only = OFF');
    await aurora.query('INSERT INTO shop.digests (orders) VALUES (7)');
    const [writes] = await looks();
    expect(writes).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        /^aurora accepts writes \(read_only = OFF\), since its restart at .* UTC, and aurora was written to once after mysql-bin-changelog\.\d+:\d+, outside replication: shop\.digests at mysql-bin-changelog\.\d+:\d+\.$/,
      ),
      hint: expect.stringContaining('CALL mysql.rds_set_read_only(1) on aurora'),
    });
    await aurora.query('SET GLOBAL read_only = ON');
    const [after] = await looks();
    expect(after).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(/^aurora accepted writes for a while/),
    });
  });

  // With read_only still in the cluster parameter group, the application is refused after a failover.
  test('writes that were opened are opened again after a restart that refuses them, and not over a person', async () => {
    const {aurora, source} = servers.databases;
    const opened = (unit: typeof openWrites | typeof openWritesInRing): Placed => ({
      ...{id: 'open', unit: unit as Placed['unit']},
      on: {aurora: servers.aurora, source: servers.source},
    });
    const plain = opened(openWrites);
    const inRing = opened(openWritesInRing);
    const verdicts = async (at: Date) =>
      Promise.all(
        [plain, inRing].map(async (placed) => {
          const [upkeep] = (placed.unit as Step<any, any, any, any>).upkeep ?? [];
          return upkeep?.check(lookOf(placed, true), {output: {}, at});
        }),
      );
    const longAgo = new Date(Date.now() - 60_000);
    await source.query('SET GLOBAL read_only = ON');
    await aurora.query('SET GLOBAL read_only = OFF');
    expect(await verdicts(longAgo)).toEqual([{kind: 'holds'}, {kind: 'holds'}]);

    await aurora.query('SET GLOBAL read_only = ON');
    // Later than its last start, in an earlier test.
    const byHand = await verdicts(new Date(Date.now() + 60_000));
    expect(byHand).toEqual(
      [plain, inRing].map(() => ({
        kind: 'blocked',
        reason:
          'aurora refuses the writes of the application (read_only = ON), and has not been restarted since this run enabled writes.',
        hint: 'Ask the team who set read_only, and why. If it was a mistake, CALL mysql.rds_set_read_only(0) on aurora, then resume. Otherwise reverse.',
      })),
    );

    await aurora.restart(['--read-only=ON']);
    const lapse = {
      kind: 'lapsed',
      since: expect.stringMatching(/^since its restart at .* UTC; reset read_only in the cluster/),
      differences: [{what: 'aurora read_only', is: 'ON', shouldBe: 'OFF'}],
    };
    expect(await verdicts(longAgo)).toEqual([lapse, lapse]);
    await source.query('SET GLOBAL read_only = OFF');
    const [, ring] = await verdicts(longAgo);
    expect(ring).toMatchObject({
      kind: 'blocked',
      reason:
        'aurora refuses the writes of the application (read_only = ON), and db1 accepts writes.',
    });
    await source.query('SET GLOBAL read_only = ON');
    for (const placed of [plain, inRing]) {
      const [upkeep] = (placed.unit as Step<any, any, any, any>).upkeep ?? [];
      await performAll(placed, (await upkeep?.restore(lookOf(placed, true))) ?? []);
    }
    expect(await verdicts(longAgo)).toEqual([{kind: 'holds'}, {kind: 'holds'}]);
    await source.query('SET GLOBAL read_only = OFF');
  });
});
