import {chmodSync, existsSync, lstatSync, readdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {hostsInFolders} from 'switcharoo/testing';
import {expect, onTestFinished, test} from 'vitest';

const {signal} = new AbortController();

async function oneHost(files: Readonly<Record<string, string>>) {
  const tried = await hostsInFolders({name: 'web1', files});
  onTestFinished(() => tried.close());
  const [host] = tried.session.writer.hosts;
  if (!host) {
    throw new Error('there is no host');
  }
  return {host, root: tried.rootOf('web1'), picture: tried.picture};
}

test('a file that is written keeps its mode, a new one has 644, and nothing else is left', async () => {
  const {host, root, picture} = await oneHost({'/etc/key': 'old'});
  chmodSync(join(root, 'etc/key'), 0o600);
  const text = `it's "quoted", $HOME, ü\n`;
  await host.writeFile('/etc/key', text, signal);
  await host.writeFile('/etc/new', '', signal);
  expect(await picture()).toEqual({'web1:/etc/key': `600 ${text}`, 'web1:/etc/new': '644 '});
  expect(await host.readFile('/etc/key', signal)).toMatchObject({text, mode: '600'});
  expect(await host.readFile('/etc/new', signal)).toMatchObject({text: ''});
  expect(await host.readFile('/etc/none', signal)).toBeNull();
});

test('a link stays a link, and what it leads to is written', async () => {
  const {host, root} = await oneHost({'/srv/real': 'old'});
  symlinkSync(join(root, 'srv/real'), join(root, 'srv/link'));
  await host.writeFile('/srv/link', 'new', signal);
  expect(lstatSync(join(root, 'srv/link')).isSymbolicLink()).toBe(true);
  expect(await host.readFile('/srv/real', signal)).toMatchObject({text: 'new'});
  await host.removeFile('/srv/link', signal);
  await host.removeFile('/srv/link', signal);
  expect(readdirSync(join(root, 'srv'))).toEqual(['real']);
});

test('without its directory, and after its signal, nothing is written', async () => {
  const {host, root} = await oneHost({'/etc/a': 'a'});
  await expect(host.writeFile('/no/such/file', 'x', signal)).rejects.toThrow('exit code');
  expect(existsSync(join(root, 'no'))).toBe(false);
  await expect(host.writeFile('/etc/a', 'b', AbortSignal.abort())).rejects.toThrow();
  expect(await host.readFile('/etc/a', signal)).toMatchObject({text: 'a'});
});
