import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import type {HostProcess} from '../../../steps/hosts/contract.ts';
import {stopAtJobs} from '../../../steps/hosts/stop-at-jobs.ts';
import {FakeHosts} from './fake-hosts.ts';
import {type LabWorld, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const spool = '/var/spool/cron/atjobs';
const job = 'a0000101bd8a90';
const input = {spool};

describe('on a lab host', () => {
  let lab: LabWorld;
  let web1: LabHost;
  beforeEach(async () => {
    lab = await startLabWorld({name: 'web1', files: {[`${spool}/${job}`]: 'cd /\ntrue\n'}});
    [web1] = lab.tried.hosts as [LabHost]; // One was asked for.
  });
  afterEach(() => lab.stop());

  const at = (place: string) => join(web1.root, place);

  test('a job that atd starts in the middle of the move runs once: it is not restored', async () => {
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopAtJobs.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    // As atd does: it takes the job's name when it starts it (atd.c).
    const [place, taken] = [at(`${spool}/${job}`), at(`${spool}/=${job.slice(1)}`)];
    const sync = join(lab.tried.directory, 'web1/bin/sync');
    writeFileSync(
      sync,
      `#!/bin/sh\n[ ! -e ${place} ] || mv ${place} ${taken}\nexec /bin/sync "$@"\n`,
      {mode: 0o755},
    );
    await performAll(lab.session.writer, await stopAtJobs.plan(look, before)).catch(() => {});
    rmSync(sync);
    const started = existsSync(taken);
    rmSync(taken, {force: true});
    const reversal = await stopAtJobs.reverse(look, before);
    await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal);
    expect(existsSync(place)).toBe(!started);
  });

  test('a restored job that has run is not restored again, even when the run was killed at that moment', async () => {
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopAtJobs.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    await performAll(lab.session.writer, await stopAtJobs.plan(look, before));
    const place = at(`${spool}/${job}`);
    const sync = join(lab.tried.directory, 'web1/bin/sync');
    const ran = join(lab.tried.directory, 'ran');
    writeFileSync(
      sync,
      `#!/bin/sh\n[ ! -e ${place} ] || { cat ${place} >> ${ran}; rm ${place}; kill -9 $PPID; }\nexec /bin/sync "$@"\n`,
      {mode: 0o755},
    );
    for (let round = 0; round < 2; round += 1) {
      const reversal = await stopAtJobs.reverse(look, before);
      await performAll(lab.session.writer, 'kind' in reversal ? [] : reversal).catch(() => {});
    }
    expect([readFileSync(ran, 'utf8'), existsSync(place)]).toEqual(['cd /\ntrue\n', false]);
    expect(readdirSync(at('/var/lib'))).toEqual([]);
    expect(await stopAtJobs.isReversed?.(look)).toBe(true);
  });

  test('a job that atd is just starting stays with atd', async () => {
    writeFileSync(at(`${spool}/=${job.slice(1)}`), '', {mode: 0o700});
    const look = lookAt(lab.session.reader, input, true);
    await performAll(lab.session.writer, await stopAtJobs.plan(look, {hosts: []}));
    expect(readdirSync(at(spool)).sort()).toEqual([`=${job.slice(1)}`, job]);
    // If atd died at that moment, it would start the job when it is started again.
    expect((await stopAtJobs.check(look)).kind).toBe('pending');
  });

  test('a job that at(1) is still writing is not moved: its rest would be lost', async () => {
    chmodSync(at(`${spool}/${job}`), 0o600);
    const look = lookAt(lab.session.reader, input, true);
    expect((await stopAtJobs.check(look)).kind).toBe('done');
    expect(await stopAtJobs.plan(look, {hosts: []})).toEqual([]);
  });

  test('jobs in another spool than the given one block', async () => {
    rmSync(at(spool), {recursive: true});
    mkdirSync(at('/var/spool/at'), {recursive: true});
    writeFileSync(at(`/var/spool/at/${job}`), '');
    expect(await stopAtJobs.check(lookAt(lab.session.reader, input))).toEqual({
      kind: 'blocked',
      reason: `web1 has no ${spool}, but it has /var/spool/at.`,
      hint: 'Name the folder in which atd keeps its jobs: spool.',
    });
  });
});

describe('a job that atd started', () => {
  const running = (over: Partial<HostProcess>): HostProcess => ({
    ...{pid: 4711, parent: 1, user: 'shop', unit: '-', seconds: 34, name: 'sleep'},
    ...over,
  });

  test('is waited for also when it is detached from atd', async () => {
    const fake = new FakeHosts({name: 'web1', processes: [running({unit: 'atd.service'})]});
    expect(await stopAtJobs.check(lookAt(fake.session.reader, input))).toEqual({
      kind: 'waiting',
      progress: 'web1: sleep (pid 4711, 34 s) of shop is running',
    });
  });

  test('is waited for while atd is only just starting it', async () => {
    const atd = running({pid: 17, user: 'root', unit: 'atd.service', name: 'atd'});
    const child = {...atd, pid: 18, parent: 17};
    const fake = new FakeHosts({name: 'web1', processes: [atd, child], atRunning: 1});
    expect(await stopAtJobs.check(lookAt(fake.session.reader, input))).toEqual({
      kind: 'waiting',
      progress: 'running jobs of at on web1: 1',
    });
  });

  test('is over when only its lock is left: the host went down during the job', async () => {
    const atd = running({pid: 17, user: 'root', unit: 'atd.service', name: 'atd'});
    const fake = new FakeHosts({name: 'web1', processes: [atd], atRunning: 1});
    expect((await stopAtJobs.check(lookAt(fake.session.reader, input))).kind).toBe('done');
  });

  test('is not waited for when only atd itself is running', async () => {
    const atd = running({pid: 17, user: 'root', unit: 'atd.service', name: 'atd'});
    const fake = new FakeHosts({name: 'web1', processes: [atd]});
    expect(await stopAtJobs.check(lookAt(fake.session.reader, input))).toEqual({
      kind: 'done',
      output: {},
    });
  });
});
