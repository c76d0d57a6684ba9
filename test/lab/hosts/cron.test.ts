import {existsSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {startHosts, type TriedHosts} from './lab-host.ts';

let tried: TriedHosts;
let web1: LabHost;

beforeAll(async () => {
  tried = await startHosts({
    name: 'web1',
    crontabs: {shop: '', daemon: ''},
    cronFiles: {'not.run': '* * * * * shop touch wrong\n', tidy: '* * * * * daemon touch tidied\n'},
    cronMinuteMs: 100,
  });
  [web1] = tried.hosts as [LabHost]; // One was asked for.
});

afterAll(() => tried?.stop());

const run = async (command: string, input = '') => {
  const {code, stdout, stderr} = await tried.ssh(web1, command, {input});
  return `${stdout}${stderr}${code}`;
};

test('crontab answers with the messages and codes of cron 3.0pl1', async () => {
  expect(await run('crontab -l -u shop')).toBe('no crontab for shop\n1');
  expect(await run('crontab -l -u nosuch')).toBe("crontab:  user `nosuch' unknown\n1");
  expect(await run('crontab -u shop -', '* * * * * true')).toBe(
    "new crontab file is missing newline before EOF, can't install.\n1",
  );
  expect(await run('crontab -u shop -', 'tomorrow run\n')).toBe(
    '"-":1: bad minute\nerrors in crontab file, can\'t install.\n1',
  );
});

test('a line with five stars runs each minute of the lab, with the settings above it, until it is taken out', async () => {
  const made = join(tried.directory, 'made');
  await run(
    'crontab -u shop -',
    `NAME="a b"\n# * * * * * touch never\n* * * * * echo "$NAME $LOGNAME" > ${made}\n`,
  );
  await vi.waitFor(() => expect(readFileSync(made, 'utf8')).toBe('a b shop\n'), 60_000);
  await run('crontab -r -u shop');
  await vi.waitFor(() => expect(web1.pidsOf('cron:shop')).toEqual([]), 60_000);
  rmSync(made);
  await vi.waitFor(() => expect(existsSync(join(tried.directory, 'tidied'))).toBe(true), 60_000);
  rmSync(join(tried.directory, 'tidied'));
  await vi.waitFor(() => expect(existsSync(join(tried.directory, 'tidied'))).toBe(true), 60_000);
  expect(existsSync(made)).toBe(false);
});

test('a file of cron.d runs as the user that it names, and a file with a dot in its name does not', async () => {
  await vi.waitFor(() => expect(existsSync(join(tried.directory, 'tidied'))).toBe(true), 60_000);
  expect(existsSync(join(tried.directory, 'wrong'))).toBe(false);
});

test('a crontab that is being replaced runs no job, and one that was moved away stops nothing', async () => {
  const spool = join(web1.root, 'var/spool/cron/crontabs');
  const half = join(spool, '.shop.new');
  const gone = join(spool, 'gone');
  writeFileSync(half, '* * * * * touch wrong\n');
  symlinkSync(join(spool, 'nowhere'), gone);
  rmSync(join(tried.directory, 'tidied'), {force: true});
  await vi.waitFor(() => expect(existsSync(join(tried.directory, 'tidied'))).toBe(true), 60_000);
  expect(existsSync(join(tried.directory, 'wrong'))).toBe(false);
  rmSync(half);
  rmSync(gone);
});

test('a job is a real process that ps shows below the cron daemon, with its user', async () => {
  await run('crontab -u shop -', '* * * * * exec sleep 1000\n');
  await vi.waitFor(() => expect(web1.pidsOf('cron:shop').length).toBeGreaterThan(0), 60_000);
  await run('crontab -r -u shop');
  const [pid] = web1.pidsOf('cron:shop');
  const line = (await run('ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm='))
    .split('\n')
    .find((each) => each.trim().startsWith(`${pid} `));
  expect(
    line
      ?.trim()
      .replaceAll(/\s+/g, ' ')
      .replace(/\d+ cron/, 'N cron'),
  ).toBe(`${pid} ${process.pid} shop N cron.service sleep`);
});
