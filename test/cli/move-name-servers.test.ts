import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/move-name-servers.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

test('a domain moves to Route 53 and back, killed on both ways, and no lookup gets a wrong answer', async () => {
  await desk.run('lab', 'up', '--clients', '0');
  const before = lastDocument(await desk.run('lab', 'status', '--json'));
  const plan = await desk.run('plan', runbook, '-i', 'lab', '--json');
  expect(plan.code, plan.stdout + plan.stderr).toBe(0);
  expect(lastDocument(await desk.run('lab', 'status', '--json'))).toEqual(before);

  // In the middle of the change at the registrar.
  const first = desk.start('run', runbook, '-i', 'lab', '--yes', '--until', 'ns-ttl-expired');
  await first.said('delegate: applying');
  first.child.kill('SIGKILL');
  await first.ended;
  const there = await desk.run('resume', '--yes', '--until', 'ns-ttl-expired');
  expect(there.code, there.stdout + there.stderr).toBe(0);
  expect(lastDocument(await desk.run('lab', 'status', '--json')).world.moving.domain).toEqual({
    name: 'moving.test',
    nameServers: [{name: 'ns-1.awsdns.test'}, {name: 'ns-2.awsdns.test'}],
    keys: [],
  });

  // While it waits until nobody asks Route 53 any more: what it had created is still there.
  const back = desk.start('reverse', '--yes');
  await back.said('delegate: reversing on registrar: wait 2 s');
  back.child.kill('SIGKILL');
  await back.ended;
  const {world} = lastDocument(await desk.run('lab', 'status', '--json'));
  expect(world.moving.domain.nameServers).toEqual(before.world.moving.domain.nameServers);
  expect(world.moving.records).toHaveLength(14);
  const reversed = await desk.run('reverse', '--yes', '--json');
  expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
  expect(lastDocument(reversed)).toMatchObject({outcome: 'reversed', applied: []});
  expect(lastDocument(await desk.run('lab', 'status', '--json'))).toEqual(before);

  const {lookups} = lastDocument(await desk.run('lab', 'count', '--json'));
  expect(lookups).toEqual({right: expect.any(Number), wrong: 0});
  expect(lookups.right).toBeGreaterThan(100);
});
