import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {startHosts, type TriedHosts} from './lab-host.ts';

let tried: TriedHosts;
let web1: LabHost;

beforeAll(async () => {
  tried = await startHosts({
    name: 'web1',
    units: [
      {
        name: 'shop.service',
        command: ['sh', '-c', 'sleep 1000 & sleep 1000; true'],
        restart: 'always',
      },
      {name: 'once.service', command: ['false']},
    ],
    timers: [
      {
        name: 'digest.timer',
        starts: {name: 'digest.service', command: ['sleep', '1000']},
        everyMs: 50,
      },
    ],
  });
  [web1] = tried.hosts as [LabHost]; // One was asked for.
});

afterAll(() => tried?.stop());

const run = async (command: string) => {
  const {code, stdout, stderr} = await tried.ssh(web1, command);
  return `${stdout}${stderr}${code}`;
};
const membersOf = async (unit: string) => {
  const listed = await run('ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm=');
  return listed.split('\n').filter((line) => line.includes(` ${unit} `)).length;
};
const mainPid = () => web1.pidsOf('shop.service')[0] ?? -1;

test('systemctl show prints a block a unit, also for a unit that is not there', async () => {
  expect(
    await run(
      'systemctl show -p Id,LoadState,ActiveState,UnitFileState,DropInPaths,TriggeredBy -- shop.service nosuch.service',
    ),
  ).toBe(
    `Id=shop.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
DropInPaths=
TriggeredBy=

Id=nosuch.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
DropInPaths=
TriggeredBy=
0`,
  );
});

test('is-active, is-enabled and missing units answer with the messages and codes of systemd', async () => {
  expect(await run('systemctl is-active shop.service once.service')).toBe('active\nfailed\n0');
  expect(await run('systemctl is-enabled shop.service digest.service')).toBe('enabled\nstatic\n0');
  expect(await run('systemctl is-enabled nosuch.service')).toBe(
    'Failed to get unit file state for nosuch.service: No such file or directory\n1',
  );
  expect(await run('systemctl stop nosuch.service')).toBe(
    'Failed to stop nosuch.service: Unit nosuch.service not loaded.\n5',
  );
});

test('a killed service is started again; a stopped one is not, and all its processes are gone', async () => {
  const first = mainPid();
  await run(`kill -9 ${first}`);
  await vi.waitFor(
    () => expect([web1.unitState('shop.service'), mainPid() === first]).toEqual(['active', false]),
    5_000,
  );
  expect(await membersOf('shop.service')).toBe(3);
  await run('systemctl stop shop.service');
  expect(web1.unitState('shop.service')).toBe('inactive');
  expect(await membersOf('shop.service')).toBe(0);
  await run('systemctl start shop.service');
  expect(web1.unitState('shop.service')).toBe('active');
});

test('a drop-in with a condition prevents a start from the next daemon-reload on', async () => {
  const folder = join(web1.root, 'etc/systemd/system/shop.service.d');
  const file = join(folder, 'hold.conf');
  mkdirSync(folder);
  writeFileSync(file, `[Unit]\nConditionPathExists=!${file}\n`);
  await run('systemctl restart shop.service');
  expect(web1.unitState('shop.service')).toBe('active');
  await run('systemctl daemon-reload');
  expect(web1.unitState('shop.service')).toBe('active');
  expect(await run('systemctl restart shop.service; systemctl is-active shop.service')).toBe(
    'inactive\n3',
  );
  rmSync(folder, {recursive: true});
  expect(
    await run(
      'systemctl daemon-reload; systemctl start shop.service; systemctl is-active shop.service',
    ),
  ).toBe('active\n0');
});

test('a timer starts its service for real, and stopping it leaves that one running', async () => {
  await vi.waitFor(() => expect(web1.unitState('digest.service')).toBe('activating'), 60_000);
  expect(await run('systemctl list-timers --all --no-legend')).toMatch(
    /^\w{3} \S+ \S+ UTC .* left .* ago digest\.timer digest\.service\n0$/,
  );
  await run('systemctl stop digest.timer');
  expect([web1.unitState('digest.timer'), web1.unitState('digest.service')]).toEqual([
    'inactive',
    'activating',
  ]);
  await run('systemctl stop digest.service');
});
