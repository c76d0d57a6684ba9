import {expect, test} from 'vitest';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {fakeServers} from '../mysql/fake-servers.ts';
import {lookOf, type Placed, performAll, settled} from '../mysql/placed-unit.ts';

const before = {readOnly: false, source: null};

function placed(servers: ReturnType<typeof fakeServers>): Placed {
  const on = {aurora: servers.aurora.session(), upstream: servers.replica.session()};
  const input = {host: 'db2', port: 3306, ...servers.seed};
  return {id: 'replicate', unit: replicateFrom, on, input};
}

test('while the promotion is applied, it has neither drifted nor been undone, and its whole reversal is planned', async () => {
  const servers = fakeServers();
  servers.promoted();
  const look = lookOf(placed(servers), true);
  const promoted = {...look, run: {...look.run, before}};
  expect(await replicateFrom.check(promoted)).toMatchObject({
    kind: 'done',
    output: {instance: null},
  });
  const actions = await replicateFrom.reverse(promoted, before);
  expect('kind' in actions ? actions : actions.map(({does}) => does)).toEqual([
    'stop replication from db2:3306, and record its position in switcharoo.replication_end',
    'reset replication from db2:3306',
    'accept writes: CALL mysql.rds_set_read_only(0)',
  ]);
});

test('replication from another server is neither taken over nor reset', async () => {
  const servers = fakeServers();
  servers.aurora.replicateFrom(servers.source);
  const blocked = {kind: 'blocked', reason: 'aurora replicates from db1:3306, not from db2:3306.'};
  expect(await settled(placed(servers))).toMatchObject(blocked);
  const back = await replicateFrom.reverse(lookOf(placed(servers), true), before);
  expect(back).toMatchObject(blocked);
});

test('replication never runs while writes are enabled', async () => {
  const servers = fakeServers();
  const actions = await replicateFrom.plan(lookOf(placed(servers)), before);
  expect(actions.map(({does}) => does)).toEqual([
    `replicate from db2:3306, starting at ${servers.seed.file}:${servers.seed.position}`,
    'refuse writes: CALL mysql.rds_set_read_only(1)',
    'start replication, and verify that both threads run',
  ]);
  const [point, , start] = actions;
  await expect(
    performAll(
      placed(servers),
      [point, start].filter((action) => action !== undefined),
    ),
  ).rejects.toThrow(
    'aurora accepts writes, and may replicate from another server only while it refuses them.',
  );
  expect(servers.aurora.channel?.running).toBe(false);
});
