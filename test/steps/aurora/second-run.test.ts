import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Step} from '../../../src/model/step.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {backAndForth, replicating} from '../mysql/back-and-forth.ts';
import {lookOf, type Placed, reverse, run, settled} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers, untilFollowed} from '../mysql/real-servers.ts';

const before = {readOnly: false, source: null};

forEachPair('a second run after a reversal to the start', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
    await servers.begin();
  });
  afterAll(() => servers?.close());

  const written = async (token: string) => {
    const {source, replica, aurora} = servers.databases;
    await source.query('INSERT INTO shop.orders (token) VALUES (?)', [token]);
    await untilFollowed(source, replica);
    await untilFollowed(replica, aurora);
  };
  const firstAction = async (placed: Placed) => {
    const unit = placed.unit as Step<any, any, any, any>;
    const [first] = await unit.plan(lookOf(placed), before);
    return first?.does;
  };

  test('continues where the first stopped, and loses no write, as often as one likes', async () => {
    const replicate = replicating(servers);
    for (const trip of [1, 2, 3]) {
      // Writes that Aurora does not receive until it continues.
      await servers.databases.source.query('INSERT INTO shop.orders (token) VALUES (?)', [
        `between runs ${trip}`,
      ]);
      const result = await backAndForth(servers, {
        times: 1,
        clients: 2,
        orders: 20,
        prefix: `trip ${trip} `,
      });
      expect({...result, acknowledged: result.acknowledged >= 60}).toEqual({
        ...{acknowledged: true, lost: [], twice: [], equal: true},
      });
      expect(await reverse(replicate, before)).toMatchObject({kind: 'pending', before});
      expect(await firstAction(replicate)).toMatch(
        /^replicate from \S+, starting at \S+:\d+, where run r-test stopped$/,
      );
    }
  });

  test('is blocked where another seed is given, while Aurora has the data of the first', async () => {
    const {seed} = servers.databases;
    const replicate = replicating(servers);
    const other = {...servers.at.replica, ...seed, position: seed.position + 1};
    expect(await settled({...replicate, input: other})).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        new RegExp(
          `^aurora was not seeded at ${seed.file}:${seed.position + 1}: it still has the data of run r-test, seeded at ${seed.file}:${seed.position} and replicated to \\S+:\\d+\\.$`,
        ),
      ),
      hint: `Give ${seed.file} and ${seed.position} as the position of the seed (seedFile, seedPosition), or seed aurora again first.`,
    });
  });

  test('is blocked before it starts once somebody wrote on Aurora, and says what to do', async () => {
    const {aurora, seed} = servers.databases;
    const replicate = replicating(servers);
    await run(replicate);
    await written('in the next run');
    await reverse(replicate, before);
    await aurora.query('FLUSH LOGS');
    expect((await settled(replicate)).kind).toBe('pending');
    await aurora.query("INSERT INTO shop.orders (token) VALUES ('on Aurora alone')");
    expect(await settled(replicate)).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        new RegExp(
          `^aurora replicated from ${seed.file}:${seed.position} to \\S+ for run r-test, which was reversed\\. It cannot continue there: aurora was written to after the reversal, and db2 does not have that: shop\\.orders at \\S+\\. From the seed it would execute shop\\.\\w+ at \\S+ a second time, and stop \\(errno 1062\\)\\.$`,
        ),
      ),
      hint: expect.objectContaining({command: 'run first-copy -i INVENTORY'}),
    });
  });

  test('is blocked where nothing says how far the first came', async () => {
    const {aurora, seed} = servers.databases;
    await aurora.query('DROP TABLE switcharoo.replication_end');
    expect(await settled(replicating(servers))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringMatching(
        new RegExp(
          `^aurora already replicated from ${seed.file}:${seed.position}, started at \\d{4}-.*, and was reset; where it stopped is not recorded\\. From the seed`,
        ),
      ),
    });
  });
});
