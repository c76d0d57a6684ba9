import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

test('a service is built, pushed, deployed with its secrets and taken back in the lab, and no client notices', async () => {
  const words = ['rehearse', 'runbooks/deploy-service.ts', '--clients', '1', '--json'];
  words.push('--strategy', 'BLUE_GREEN');
  const ended = await desk.run(...words, '--reverse-at', 'run:service');
  expect(ended).toMatchObject({code: 0, stderr: ''});
  const report = lastDocument(ended);
  expect(report).toMatchObject({
    outcome: 'reversed',
    outageMs: 0,
    writes: {lost: 0, duplicated: 0},
    applied: [],
  });
  const undone = report.entries.filter(({state}: {state: string}) => state === 'reversed');
  expect(undone.map(({id}: {id: string}) => id)).toEqual([
    'checkout:shop:master.1',
    'files:shop:master.1',
    'push:shop:master.1',
    'register:service',
    'suspend-scaling:service',
    'run:service',
  ]);
  expect(ended.stdout).not.toContain('PRIVATE KEY');
  // ECS put the new tasks into the second target group, and led the traffic there.
  expect(ended.stdout).toContain('targetgroup/shop-green/');
});
