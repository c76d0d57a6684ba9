import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {upstreamOf} from '../../../lab/app/upstream.ts';
import type {HostsLook} from '../../../steps/hosts/contract.ts';
import {sha256} from '../../../steps/hosts/files/encoded-text.ts';
import {forwardTraffic} from '../../../steps/hosts/forward-traffic.ts';
import {proxyReady} from '../../../steps/hosts/proxy-ready.ts';
import {type FakeHostState, FakeHosts} from './fake-hosts.ts';
import {contentOf, type LabWorld, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const file = '/etc/nginx/conf.d/shop.conf';
const input = {
  file,
  text: 'new',
  unit: 'nginx.service',
  test: ['nginx', '-t'],
};
const ready: FakeHostState = {
  name: 'web1',
  units: {'nginx.service': {}},
  files: {[file]: 'old'},
};

const original = {host: 'web1', sha256: sha256('old'), mode: '644', owner: 'root:root'};

async function beforeOf(look: HostsLook<typeof input>) {
  const verdict = await forwardTraffic.check(look);
  if (verdict.kind !== 'pending') {
    throw new Error(`it is ${JSON.stringify(verdict)}`);
  }
  return verdict.before;
}

test('the plan names the file, the hosts and the reload, and the before-image has the original', async () => {
  const {session} = new FakeHosts(ready, {...ready, name: 'web2'});
  const look = lookAt(session.reader, input);
  const kept = {sha256: sha256('old'), mode: '644', owner: 'root:root'};
  expect(await forwardTraffic.check(look)).toMatchObject({
    kind: 'pending',
    before: {
      hosts: [
        {host: 'web1', ...kept},
        {host: 'web2', ...kept},
      ],
    },
    differences: [
      {what: `${file} on web1`, is: 'leads to the old side', shouldBe: 'leads to the new side'},
      {what: `${file} on web2`, is: 'leads to the old side', shouldBe: 'leads to the new side'},
    ],
  });
  const [action, ...others] = await forwardTraffic.plan(look, await beforeOf(look));
  expect(others).toEqual([]);
  expect(action?.does).toBe(
    `write the new side into ${file} on web1 and web2, test it, and reload nginx.service`,
  );
});

test('resumed, the plan names only the hosts and the changes that are left', async () => {
  const {session} = new FakeHosts(ready, {...ready, name: 'web2'}, {...ready, name: 'web3'});
  const first = lookAt(session.reader, input);
  const before = await beforeOf(first);
  const {id, entry} = first.run;
  const [web1, web2] = session.writer.hosts;
  const texts = {from: sha256('old'), text: 'new'};
  await web1?.switchProxy(input, texts, {id, entry}, first.signal);
  await web2?.stopUnits([input.unit], 0, {id, entry}, first.signal);
  await expect(web2?.switchProxy(input, texts, {id, entry}, first.signal)).rejects.toThrow(
    'reload',
  );
  await web2?.startUnits([input.unit], 0, first.signal);

  const look = lookAt(session.reader, input, true);
  const plan = await forwardTraffic.plan(look, before);
  expect(plan.map(({does}) => does)).toEqual([
    `write the new side into ${file} on web3, test it, and reload nginx.service`,
    `test the new side in ${file} on web2, and reload nginx.service`,
  ]);
  await performAll(session.writer, plan);
  expect(await forwardTraffic.check(look)).toEqual({kind: 'done', output: {}});
  expect(await forwardTraffic.plan(look, before)).toEqual([]);
});

describe('it is blocked', () => {
  test.for<[string, FakeHostState, string]>([
    ['without the file', {...ready, files: {}}, `${file} is not on web1.`],
    [
      'while the reverse proxy does not run',
      {...ready, units: {'nginx.service': {activeState: 'failed'}}},
      'nginx.service on web1 is failed, so no requests are passed on.',
    ],
    [
      'without the unit',
      {...ready, units: {}},
      'nginx.service on web1 is not there, so no requests are passed on.',
    ],
    [
      'when somebody else has done it already',
      {...ready, files: {[file]: 'new'}},
      `${file} on web1 already leads to the new side, and this run did not write it.`,
    ],
  ])('%s', async ([, state, reason]) => {
    const {session} = new FakeHosts(state);
    expect(await forwardTraffic.check(lookAt(session.reader, input))).toMatchObject({
      kind: 'blocked',
      reason,
    });
  });

  test('when the present files would not pass the test of the reverse proxy', async () => {
    const {session, hosts} = new FakeHosts(ready);
    for (const host of hosts) {
      host.complaint = 'exit code 1: nginx: test failed';
    }
    const refused = {
      kind: 'blocked',
      reason:
        'The reverse proxy of web1 cannot be reloaded with its present files: nginx -t ended with exit code 1: nginx: test failed.',
    };
    expect(await forwardTraffic.check(lookAt(session.reader, input))).toMatchObject(refused);
    expect(await proxyReady.check(lookAt(session.reader, input))).toMatchObject(refused);
    // Where the gate has asked, it is not asked again while nobody can write.
    const gated = lookAt(session.reader, {...input, ready: {hosts: [original]}});
    expect(await forwardTraffic.check(gated)).toMatchObject({kind: 'pending'});
  });

  test('and the gate opens where the proxy runs and passes its test', async () => {
    const {session} = new FakeHosts(ready);
    expect(await proxyReady.check(lookAt(session.reader, input))).toEqual({
      kind: 'done',
      output: {hosts: [original]},
    });
  });

  test('in the reversal, when somebody has edited the file meanwhile', async () => {
    const {session, hosts} = new FakeHosts(ready);
    const look = lookAt(session.reader, input);
    await performAll(session.writer, await forwardTraffic.plan(look, await beforeOf(look)));
    hosts[0]?.fileTexts.set(file, 'edited');
    const started = lookAt(session.reader, input, true);
    expect(await forwardTraffic.check(started)).toMatchObject({
      kind: 'blocked',
      reason: `${file} on web1 is neither the text of this run nor the original.`,
    });
    expect(await forwardTraffic.reverse(started, {hosts: []})).toMatchObject({kind: 'blocked'});
  });
});

describe('on a lab host', () => {
  const old = upstreamOf({host: '127.0.0.1', port: 1});
  const next = upstreamOf({host: '127.0.0.1', port: 2});
  let lab: LabWorld;

  beforeAll(async () => {
    lab = await startLabWorld({
      name: 'web1',
      units: [{name: 'nginx.service', command: ['sh', '-c', "trap '' HUP; exec sleep 1000"]}],
      files: {[file]: old},
      proxyFile: file,
    });
  });
  afterAll(() => lab?.stop());

  const host = () => {
    const [host] = lab.tried.hosts;
    if (!host) {
      throw new Error('one was asked for');
    }
    return host;
  };

  test('a text that fails the test of the reverse proxy is taken out again, and nothing is reloaded', async () => {
    const look = lookAt(lab.session.reader, {...input, text: 'upstream nonsense'});
    const actions = await forwardTraffic.plan(look, await beforeOf(look));
    await expect(performAll(lab.session.writer, actions)).rejects.toMatchObject({
      problem: {
        code: 'host-command-failed',
        message:
          'A command on web1 (' +
          `${host().address} port ${host().sshPort}) ended with exit code 1: nginx: configuration file /etc/nginx/nginx.conf test failed.`,
      },
    });
    expect(contentOf(host(), file)).toBe(old);
    const started = lookAt(lab.session.reader, {...input, text: 'upstream nonsense'}, true);
    expect(await forwardTraffic.check(started)).toMatchObject({kind: 'pending'});
    const reversal = await forwardTraffic.reverse(started, {hosts: []});
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    expect(contentOf(host(), file)).toBe(old);
  });

  test('a text with other letters than ASCII is recognized as written, and restored', async () => {
    const wanted = {...input, text: `${next}# für „Zürich“ €\n`, test: ['true']};
    const look = lookAt(lab.session.reader, wanted);
    const before = await beforeOf(look);
    await performAll(lab.session.writer, await forwardTraffic.plan(look, before));
    const started = lookAt(lab.session.reader, wanted, true);
    expect(await forwardTraffic.check(started)).toEqual({kind: 'done', output: {}});
    expect(contentOf(host(), file)).toBe(wanted.text);
    const reversal = await forwardTraffic.reverse(started, before);
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    expect(contentOf(host(), file)).toBe(old);
  });

  test('a file that was edited after the check is not overwritten', async () => {
    const look = lookAt(lab.session.reader, {...input, text: next});
    const actions = await forwardTraffic.plan(look, await beforeOf(look));
    const edited = `${old}# edited\n`;
    writeFileSync(join(host().root, file), edited);
    await expect(performAll(lab.session.writer, actions)).rejects.toMatchObject({
      problem: {code: 'host-file-edited'},
    });
    expect(contentOf(host(), file)).toBe(edited);
    writeFileSync(join(host().root, file), old);
  });

  test('a file that was written but not reloaded before the run died is reloaded on the next try', async () => {
    const wanted = {...input, text: next};
    const look = lookAt(lab.session.reader, wanted);
    const stopped = await forwardTraffic.plan(look, await beforeOf(look));
    await tried('systemctl stop -- nginx.service');
    await expect(performAll(lab.session.writer, stopped)).rejects.toMatchObject({
      problem: {code: 'host-command-failed'},
    });
    expect(contentOf(host(), file)).toBe(next);
    await tried('systemctl start -- nginx.service');

    const started = lookAt(lab.session.reader, wanted, true);
    expect(await forwardTraffic.check(started)).toMatchObject({
      kind: 'pending',
      before: {hosts: [{host: 'web1', sha256: sha256(old)}]},
      differences: [{what: `${file} on web1`, is: 'not yet reloaded'}],
    });
    const rest = await forwardTraffic.plan(started, await beforeOf(started));
    expect(rest.map(({does}) => does)).toEqual([
      `test the new side in ${file} on web1, and reload nginx.service`,
    ]);
    await performAll(lab.session.writer, rest);
    expect(await forwardTraffic.check(started)).toEqual({kind: 'done', output: {}});
  });

  const tried = (command: string) => lab.tried.ssh(host(), command);
});
