import {existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {stopWebServers} from '../../../steps/hosts/stop-web-servers.ts';
import {FakeHosts} from './fake-hosts.ts';
import {type LabWorld, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const input = {units: ['shop.service'], watchSeconds: 0};

describe('the texts', () => {
  const check = (fake: FakeHosts, started = false) =>
    stopWebServers.check(lookAt(fake.session.reader, input, started));

  test('every host and unit that is still running is a difference, and the before-image has its state', async () => {
    const fake = new FakeHosts(
      {name: 'web1', units: {'shop.service': {}}},
      {name: 'web2', units: {'shop.service': {activeState: 'failed', dropInFolder: true}}},
      {name: 'web3'},
    );
    expect(await check(fake)).toEqual({
      kind: 'pending',
      before: {
        hosts: [
          {
            host: 'web1',
            value: [
              {
                unit: 'shop.service',
                activeState: 'active',
                unitFileState: 'enabled',
                dropInFolder: false,
                targets: [],
              },
            ],
          },
          {
            host: 'web2',
            value: [
              {
                unit: 'shop.service',
                activeState: 'failed',
                unitFileState: 'enabled',
                dropInFolder: true,
                targets: [],
              },
            ],
          },
          {host: 'web3', value: []},
        ],
      },
      differences: [
        {
          what: 'shop.service on web1',
          is: 'active, can be started',
          shouldBe: 'inactive, prevented from starting',
        },
        {
          what: 'shop.service on web2',
          is: 'failed, can be started',
          shouldBe: 'inactive, prevented from starting',
        },
      ],
    });
  });

  test('the plan names hosts and units; the reversal starts only the units that were active', async () => {
    const fake = new FakeHosts(
      {name: 'web1', units: {'shop.service': {}}},
      {name: 'web2', units: {'shop.service': {}}},
      {name: 'web3', units: {'shop.service': {activeState: 'inactive'}}},
    );
    const look = lookAt(fake.session.reader, input, true);
    const verdict = await stopWebServers.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    const actions = await stopWebServers.plan(look, before);
    expect(actions.map(({does}) => does)).toEqual([
      'prevent shop.service on web1, web2 and web3 from starting',
      'stop shop.service on web1 and web2',
    ]);
    await performAll(fake.session.writer, actions);
    expect(await stopWebServers.plan(look, before)).toEqual([]);
    const reversal = await stopWebServers.reverse(look, before);
    expect('kind' in reversal ? reversal : reversal.map(({does}) => does)).toEqual([
      'allow shop.service on web1, web2 and web3 to start',
      'start shop.service on web1 and web2',
    ]);
  });

  test('a unit that no host has blocks', async () => {
    expect(await check(new FakeHosts({name: 'web1'}))).toEqual({
      kind: 'blocked',
      reason: 'No host of web has the unit shop.service.',
      hint: 'Correct the name in the runbook, or the hosts in the inventory.',
    });
  });

  test('a unit that a socket would start again blocks', async () => {
    const units = {'shop.service': {triggeredBy: ['shop.socket']}};
    expect(await check(new FakeHosts({name: 'web1', units}))).toEqual({
      kind: 'blocked',
      reason: 'shop.service on web1 is also started by shop.socket.',
      hint: 'Name that unit in the runbook too, before the service that it starts.',
    });
  });

  test("an earlier run's block is not adopted", async () => {
    const units = {'shop.service': {activeState: 'inactive', blocks: new Set(['r-0-stop'])}};
    expect(await check(new FakeHosts({name: 'web1', units}))).toEqual({
      kind: 'blocked',
      reason: 'shop.service on web1 is prevented from starting by an earlier run: r-0-stop.',
      hint: 'Reverse that run. If it left nothing else, remove the file and run: systemctl daemon-reload',
    });
  });

  test('a unit that is starting or stopping is waited for', async () => {
    const units = {'shop.service': {activeState: 'activating'}};
    expect(await check(new FakeHosts({name: 'web1', units}))).toEqual({
      kind: 'waiting',
      progress: 'shop.service on web1 is activating',
    });
  });

  test('a process that a stopped unit left behind is waited for, by name', async () => {
    const fake = new FakeHosts({
      name: 'web1',
      units: {'shop.service': {activeState: 'inactive', blocks: new Set(['r-1-stop'])}},
      processes: [
        {pid: 4711, parent: 1, user: 'shop', unit: 'shop.service', seconds: 34, name: 'node'},
      ],
    });
    expect(await check(fake, true)).toEqual({
      kind: 'waiting',
      progress: 'still running: node (pid 4711, 34 s) of shop.service on web1',
    });
  });
});

test('a process that was left behind under an alias of its unit is waited for', async () => {
  const fake = new FakeHosts({
    name: 'web1',
    units: {
      'shop.service': {
        id: 'shop-web.service',
        activeState: 'inactive',
        blocks: new Set(['r-1-stop']),
      },
    },
    processes: [
      {pid: 4711, parent: 1, user: 'shop', unit: 'shop-web.service', seconds: 34, name: 'node'},
    ],
  });
  expect(await stopWebServers.check(lookAt(fake.session.reader, input, true))).toEqual({
    kind: 'waiting',
    progress: 'still running: node (pid 4711, 34 s) of shop-web.service on web1',
  });
});

describe('on a lab host', () => {
  let lab: LabWorld;
  let web1: LabHost;

  beforeEach(async () => {
    lab = await startLabWorld({
      name: 'web1',
      units: [{name: 'shop.service', command: ['sleep', '1000'], restart: 'always'}],
    });
    [web1] = lab.tried.hosts as [LabHost]; // One was asked for.
  });
  afterEach(() => lab.stop());

  test('a stopped web server stays down, against every kind of start, until the run is reversed', async () => {
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopWebServers.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    await performAll(lab.session.writer, await stopWebServers.plan(look, before));
    expect(await stopWebServers.check(look)).toEqual({kind: 'done', output: {}});
    // As configuration management would: a skipped start is no failure for systemctl.
    expect((await lab.tried.ssh(web1, 'systemctl restart shop.service')).code).toBe(0);
    expect(web1.unitState('shop.service')).toBe('inactive');

    const reversal = await stopWebServers.reverse(look, before);
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    expect(web1.unitState('shop.service')).toBe('active');
    expect(await stopWebServers.check(look)).toEqual(verdict);
  });

  test('it stays down also where an override of the unit cancels conditions', async () => {
    const folder = join(web1.root, 'etc/systemd/system/shop.service.d');
    mkdirSync(folder);
    writeFileSync(join(folder, 'override.conf'), '[Unit]\nConditionPathExists=\n');
    const look = lookAt(lab.session.reader, input, true);
    await performAll(
      lab.session.writer,
      await stopWebServers.plan(look, {hosts: [{host: 'web1', value: []}]}),
    );
    expect(await stopWebServers.check(look)).toEqual({kind: 'done', output: {}});
    await lab.tried.ssh(web1, 'systemctl start shop.service');
    expect(web1.unitState('shop.service')).toBe('inactive');
  });

  test('an incomplete drop-in of a killed run is removed', async () => {
    const folder = join(web1.root, 'etc/systemd/system/shop.service.d');
    mkdirSync(folder);
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopWebServers.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    replaceProgram('mv', 'kill -9 $PPID');
    await performAll(lab.session.writer, await stopWebServers.plan(look, before)).catch(() => {});
    rmSync(join(lab.tried.directory, 'web1/bin/mv'));
    expect(readdirSync(folder)).toHaveLength(1);
    const reversal = await stopWebServers.reverse(look, before);
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the drop-in of a unit that was removed meanwhile is removed too', async () => {
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopWebServers.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    await performAll(lab.session.writer, await stopWebServers.plan(look, before));
    const folder = join(web1.root, 'etc/systemd/system/shop.service.d');
    expect(readdirSync(folder)).toHaveLength(1);
    replaceProgram(
      'systemctl',
      "case $1 in show) printf 'Id=shop.service\\nLoadState=not-found\\nActiveState=inactive\\n' ;; start) echo 'Unit shop.service not found.' >&2; exit 5 ;; esac",
    );
    const reversal = await stopWebServers.reverse(look, before);
    await expect(
      performAll(lab.session.writer, 'kind' in reversal ? [] : reversal),
    ).rejects.toThrow('Unit shop.service not found');
    expect(existsSync(folder)).toBe(false);
  });

  const shows = (text: string) => replaceProgram('systemctl', `printf '${text}'`);

  test.each([
    ['is transient', 'Transient=yes'],
    ['is masked, or refuses a start by hand', 'CanStart=no'],
  ])('one that runs and %s could not be started again, which blocks', async (_, property) => {
    shows(`Id=shop.service\\nLoadState=loaded\\nActiveState=active\\n${property}\\n`);
    expect(await stopWebServers.check(lookAt(lab.session.reader, input))).toMatchObject({
      kind: 'blocked',
      reason: 'shop.service on web1 is running, but cannot be started again once it is stopped.',
    });
  });

  function replaceProgram(name: string, script: string): void {
    const place = join(lab.tried.directory, 'web1/bin', name);
    rmSync(place, {force: true});
    writeFileSync(place, `#!/bin/sh\n${script}\n`, {mode: 0o755});
  }
});
