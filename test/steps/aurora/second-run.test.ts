import {afterAll, beforeAll, expect, test} from 'vitest';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {replicating} from '../mysql/back-and-forth.ts';
import {reverse, run, settled} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers, untilFollowed} from '../mysql/real-servers.ts';

forEachPair('a second run after a reversal to the start', (pair) => {
  let servers: RealServers;
  beforeAll(async () => {
    servers = await openRealServers(pair);
  });
  afterAll(() => servers?.close());

  test('is blocked before it starts once there were writes, and says what to do', async () => {
    const {source, replica, aurora, seed} = servers.databases;
    await servers.begin();
    const replicate = replicating(servers);
    const first = await run(replicate);
    await reverse(replicate, first.before);
    // Without a write the seed is still good.
    expect((await settled(replicate)).kind).toBe('pending');
    const second = await run(replicate);
    await source.query("INSERT INTO shop.orders (token) VALUES ('in the first run')");
    await untilFollowed(source, replica);
    await untilFollowed(replica, aurora);
    await reverse(replicate, second.before);
    expect(await settled(replicate)).toEqual({
      kind: 'blocked',
      reason: expect.stringMatching(
        new RegExp(
          `^aurora already replicated from ${seed.file}:${seed.position}, started at \\d{4}-.*, and was reset: an earlier run was reversed to its start\\. It would execute shop\\.\\w+ at \\S+ a second time and stop \\(errno 1062\\)\\.$`,
        ),
      ),
      hint: expect.stringMatching(/^Seed aurora again/),
    });
  });
});
