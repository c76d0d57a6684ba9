import {writeFile} from 'node:fs/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {createLabKey} from '../../../lab/hosts/keys.ts';
import {startHosts, type TriedHosts} from './lab-host.ts';

let tried: TriedHosts;
let web1: LabHost;

beforeAll(async () => {
  tried = await startHosts({name: 'web1', crontabs: {shop: '* * * * * true\n'}});
  [web1] = tried.hosts as [LabHost]; // One was asked for.
});

afterAll(() => tried?.stop());

test('a command runs in a real shell, with its output, its errors and its exit code', async () => {
  expect(await tried.ssh(web1, 'echo out; echo oh >&2; exit 7')).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'oh\n',
  });
});

test("a script on standard input runs, with the host's own commands first", async () => {
  const script =
    'set -eu\nfor name in systemctl crontab sudo; do command -v $name; done\nsudo -n -u root -- crontab -l -u shop\n';
  expect(await tried.ssh(web1, 'sh -s', {input: script})).toEqual({
    code: 0,
    stdout: ['systemctl', 'crontab', 'sudo']
      .map((name) => `${tried.directory}/web1/bin/${name}\n`)
      .join('')
      .concat('* * * * * true\n'),
    stderr: '',
  });
});

test('standard input of a shim reaches the host unchanged', async () => {
  const crontab = '# it\'s äöü\n\t* * * * * echo "$HOME" \\\\ 100%\n';
  expect((await tried.ssh(web1, 'crontab -u root -', {input: crontab})).code).toBe(0);
  expect((await tried.ssh(web1, 'crontab -l -u root')).stdout).toBe(crontab);
});

test('several commands run side by side', async () => {
  const commands = ['one', 'two', 'three', 'four'].map(
    (word) => `crontab -l -u shop | wc -l; echo ${word}`,
  );
  const results = await Promise.all(commands.map((command) => tried.ssh(web1, command)));
  expect(results.map(({stdout}) => stdout.replaceAll(/\s+/g, ' '))).toEqual([
    '1 one ',
    '1 two ',
    '1 three ',
    '1 four ',
  ]);
});

test('a command that the lab does not support is refused with a message', async () => {
  expect(await tried.ssh(web1, 'systemctl mask shop.service')).toEqual({
    code: 64,
    stdout: '',
    stderr: 'systemctl: this lab host does not support: systemctl mask shop.service\n',
  });
});

test('another account or another key may not log in', async () => {
  const other = {...tried, identityFile: createLabKey(`${tried.directory}/web1`).identityFile};
  expect((await tried.ssh(web1, 'true', {user: 'root'})).stderr).toContain(
    'Permission denied (publickey)',
  );
  expect((await other.ssh(web1, 'true', {identityFile: other.identityFile})).stderr).toContain(
    'Permission denied (publickey)',
  );
});

test('a host key that is not the known one is refused by the client', async () => {
  await web1.sshFault('changed-host-key');
  const {code, stderr} = await tried.ssh(web1, 'true');
  await web1.sshFault('none');
  expect({code, refused: stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')}).toEqual({
    code: 255,
    refused: true,
  });
  expect((await tried.ssh(web1, 'true')).code).toBe(0);
});

test('the client distinguishes a host that refuses from an unknown host', async () => {
  await web1.sshFault('refuse');
  const refused = await tried.ssh(web1, 'true');
  await web1.sshFault('none');
  const empty = `${tried.directory}/empty`;
  await writeFile(empty, '');
  const unknown = await tried.ssh(web1, 'true', {knownHostsFile: empty});
  expect([
    refused.stderr.includes('Connection refused'),
    unknown.stderr.includes('Host key verification failed'),
  ]).toEqual([true, true]);
});

test('a fault cuts the open sessions', async () => {
  const session = tried.ssh(web1, 'echo begun; sleep 100');
  await web1.sshFault('none');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await web1.sshFault('hang');
  expect((await session).code).toBe(255);
  await web1.sshFault('none');
});
