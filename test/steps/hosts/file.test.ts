import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import type {HostsAction} from '../../../steps/hosts/contract.ts';
import {hostsFile} from '../../../steps/hosts/file.ts';
import {type FakeHost, FakeHosts} from './fake-hosts.ts';
import {contentOf, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const file = '/etc/shop/flags';
const parse = (changes: object = {}) => hostsFile.input.parse({file, text: 'new', ...changes});

lawsOfStep({
  step: hostsFile,
  input: {file, text: 'new'},
  world: async () => {
    const fake = new FakeHosts(
      {name: 'web1', files: {[file]: 'old'}},
      {name: 'web2', files: {[file]: 'new'}},
    );
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  },
  blockedWorld: async () => {
    const fake = new FakeHosts({name: 'web1'});
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  },
});

test('the plan names the hosts on which the file is another one, and what reads it', async () => {
  const {session} = new FakeHosts(
    {name: 'web1', files: {[file]: 'old'}, units: {'shop.service': {}}},
    {name: 'web2', files: {[file]: 'new'}, units: {'shop.service': {}}},
  );
  const look = lookAt(session.reader, parse({test: ['shop', '-t'], reload: 'shop.service'}));
  const verdict = await hostsFile.check(look);
  expect(verdict).toMatchObject({
    kind: 'pending',
    before: {hosts: [{host: 'web1', mode: '644', owner: 'root:root'}]},
    differences: [{what: `${file} on web1`, is: 'different content'}],
  });
  const planned = await hostsFile.plan(look, beforeIn(verdict));
  expect(planned.map(({does}) => does)).toEqual([
    `replace ${file} on web1, test it, and reload shop.service`,
  ]);
});

test('a unit that does not run, and a test that fails before, block', async () => {
  const fake = new FakeHosts({
    ...{name: 'web1', files: {[file]: 'old'}},
    units: {'shop.service': {activeState: 'failed'}},
  });
  const asked = (changes: object) => hostsFile.check(lookAt(fake.session.reader, parse(changes)));
  expect(await asked({reload: 'shop.service'})).toMatchObject({
    reason: `shop.service on web1 is failed, so nothing would read ${file} again.`,
  });
  const [host] = fake.hosts as [FakeHost];
  host.complaint = 'exit code 1: bad line';
  expect(await asked({test: ['shop', '-t']})).toMatchObject({
    reason: `The test already fails on web1 with the current ${file}: shop -t ended with exit code 1: bad line.`,
  });
});

test('on a host, a file that fails its test is put back, and an edit by somebody is not overwritten', async () => {
  const lab = await startLabWorld({name: 'web1', files: {[file]: 'on\n'}});
  try {
    const [host] = lab.tried.hosts as [LabHost];
    const {session} = lab;
    const change = async (text: string) => {
      // Passes on any file without this word.
      const words = {text, test: ['grep', '-qv', 'broken', `${host.root}${file}`]};
      const look = lookAt(session.reader, parse(words));
      const before = beforeIn(await hostsFile.check(look));
      await performAll(session.writer, await hostsFile.plan(look, before));
      return {look: lookAt(session.reader, parse(words), true), before};
    };
    await expect(change('broken\n')).rejects.toMatchObject({
      problem: {code: 'host-command-failed'},
    });
    expect(contentOf(host, file)).toBe('on\n');
    const {look, before} = await change('off\n');
    expect(contentOf(host, file)).toBe('off\n');
    writeFileSync(join(host.root, file), 'edited\n');
    expect(await hostsFile.reverse(look, before)).toMatchObject({
      kind: 'blocked',
      reason: `${file} on web1 is neither the text of this run nor the original.`,
    });
    writeFileSync(join(host.root, file), 'off\n');
    const back = await hostsFile.reverse(look, before);
    await performAll(session.writer, back as readonly HostsAction[]);
    expect(contentOf(host, file)).toBe('on\n');
  } finally {
    await lab.stop();
  }
});

function beforeIn(verdict: Awaited<ReturnType<typeof hostsFile.check>>) {
  if (verdict.kind !== 'pending') {
    throw new Error(`it is ${JSON.stringify(verdict)}`);
  }
  return verdict.before;
}
