import {expect, test} from 'vitest';
import type {HostProcess} from '../../../steps/hosts/contract.ts';
import {cronJobs} from '../../../steps/hosts/processes/jobs.ts';

const process = (
  pid: number,
  parent: number,
  user: string,
  unit: string,
  name: string,
): HostProcess => ({
  ...{pid, parent, user, unit, name},
  seconds: 1,
});

const running = [
  process(1, 0, 'root', 'init.scope', 'systemd'),
  process(50, 1, 'root', 'cron.service', 'cron'),
  process(60, 50, 'root', 'cron.service', 'cron'),
  process(61, 60, 'shop', 'cron.service', 'sh'),
  process(62, 61, 'shop', 'cron.service', 'digest'),
  process(70, 1, 'shop', 'cron.service', 'daemonised'),
  process(80, 50, 'root', 'session-c1.scope', 'crond'),
  process(81, 80, 'shop', 'session-c1.scope', 'with a session'),
  process(90, 50, 'backup', 'cron.service', 'backup'),
  process(99, 1, 'shop', 'shop.service', 'node'),
];

test("a user's running jobs are what cron started: also detached, also in a session of their own", () => {
  expect(cronJobs(running, ['shop']).map(({name}) => name)).toEqual([
    'sh',
    'digest',
    'daemonised',
    'with a session',
  ]);
});

test('a job that anacron started is one, too', () => {
  const anacron = [
    process(50, 1, 'root', 'anacron.service', 'anacron'),
    process(51, 50, 'root', 'anacron.service', 'run-parts'),
    process(60, 1, 'root', 'anacron.service', 'detached'),
  ];
  expect(cronJobs(anacron, ['root']).map(({name}) => name)).toEqual(['run-parts', 'detached']);
});

test("root's jobs do not include cron itself", () => {
  expect(cronJobs(running, ['root'])).toEqual([]);
});
