import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import type {LabHost} from '../../../lab/hosts/host.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {FakeHosts} from './fake-hosts.ts';
import {contentOf, type LabWorld, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const none = {users: [] as string[], timers: [] as string[], cronFiles: [] as string[]};

describe('the texts', () => {
  const states = [
    {
      name: 'web1',
      crontabs: {shop: '# jobs\nTOKEN=s3cret\n* * * * * digest\n5 5 * * * report\n'},
      files: {'/etc/cron.d/clean': '* * * * * root clean\n'},
    },
    {
      name: 'web2',
      crontabs: {shop: null},
      units: {
        'digest.timer': {persistent: true, triggers: ['digest.service']},
        'digest.service': {activeState: 'inactive'},
      },
    },
  ];
  const input = {users: ['shop'], timers: ['digest.timer'], cronFiles: ['/etc/cron.d/clean']};

  test('each active crontab, file and timer is a difference; the journal has digests, never text', async () => {
    const verdict = await stopCrons.check(lookAt(new FakeHosts(...states).session.reader, input));
    expect(verdict).toEqual({
      kind: 'pending',
      before: {
        hosts: [
          {
            host: 'web1',
            crontabs: [
              {
                user: 'shop',
                lines: 2,
                sha256: '7914c4b47cac77c9f987f2791b2c20ff00fb5978e724f310246692116ee8836e',
              },
            ],
            files: [
              {
                path: '/etc/cron.d/clean',
                mode: '644',
                owner: 'root:root',
                sha256: '8ba716790576e4ff2131a2510a08478116ec7ac31bc23f0afa564201da35efa5',
              },
            ],
            timers: [],
          },
          {
            host: 'web2',
            crontabs: [],
            files: [],
            timers: [
              {
                unit: 'digest.timer',
                activeState: 'active',
                unitFileState: 'enabled',
                dropInFolder: false,
                targets: [],
              },
            ],
          },
        ],
      },
      differences: [
        {what: 'crontab of shop on web1', is: '2 active lines', shouldBe: '0 active lines'},
        {what: '/etc/cron.d/clean on web1', is: 'in place', shouldBe: 'moved aside'},
        {
          what: 'digest.timer on web2',
          is: 'active, can be started',
          shouldBe: 'inactive, prevented from starting',
        },
      ],
    });
    expect(JSON.stringify(verdict)).not.toContain('s3cret');
  });

  test('plan and reversal are in the words of an operator', async () => {
    const fake = new FakeHosts(...states);
    const look = lookAt(fake.session.reader, input, true);
    const verdict = await stopCrons.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    const actions = await stopCrons.plan(look, before);
    expect(actions.map(({does}) => does)).toEqual([
      'prevent digest.timer on web2 from starting',
      'stop digest.timer on web2',
      'comment out the crontab of shop on web1 (2 active lines)',
      'move /etc/cron.d/clean aside on web1',
    ]);
    await performAll(fake.session.writer, actions);
    const reversal = await stopCrons.reverse(look, before);
    expect('kind' in reversal ? reversal : reversal.map(({does}) => does)).toEqual([
      'restore /etc/cron.d/clean on web1',
      'restore the crontab of shop on web1',
      'allow digest.timer on web2 to start',
      'start digest.timer on web2 (a missed run starts at once: digest.timer on web2)',
    ]);
  });

  test('a daemon of @reboot in a file of cron.d is in the plan, in the wait and in the reversal', async () => {
    const cron = {pid: 50, parent: 1, user: 'root', unit: 'cron.service', name: 'cron'};
    const fake = new FakeHosts({
      name: 'web1',
      files: {'/etc/cron.d/relay': 'MAILTO=ops\n@reboot shop relay --listen\n'},
      processes: [
        {...cron, seconds: 90_000},
        {...cron, pid: 60, parent: 50, user: 'shop', seconds: 89_999, name: 'relay'},
      ],
    });
    const ofFile = {...none, cronFiles: ['/etc/cron.d/relay']};
    const planned = await stopCrons.check(lookAt(fake.session.reader, ofFile));
    expect(planned).toMatchObject({
      remarks: [
        expect.stringMatching(
          /^relay \(pid 60\) of shop on web1 .* started it at boot \(@reboot\)/,
        ),
      ],
    });
    const look = lookAt(fake.session.reader, ofFile, true);
    const before = planned.kind === 'pending' ? planned.before : {hosts: []};
    await performAll(fake.session.writer, await stopCrons.plan(look, before));
    expect(await stopCrons.check(look)).toMatchObject({
      kind: 'waiting',
      progress: expect.stringContaining(
        'cron started it at boot (@reboot). End it by hand: kill 60',
      ),
    });
    const reversal = await stopCrons.reverse(look, before);
    expect('kind' in reversal ? reversal : reversal.map(({does}) => does)).toEqual([
      'restore /etc/cron.d/relay on web1 (its @reboot jobs start at the next boot)',
    ]);
  });

  test('a host in the first seconds of its minute may still be starting jobs', async () => {
    const fake = new FakeHosts({
      name: 'web1',
      crontabs: {shop: '* * * * * digest\n'},
      secondOfMinute: 3,
    });
    const look = lookAt(fake.session.reader, {...none, users: ['shop']}, true);
    await performAll(fake.session.writer, await stopCrons.plan(look, {hosts: []}));
    expect(await stopCrons.check(look)).toEqual({
      kind: 'waiting',
      progress: 'web1: cron may still be starting jobs: its minute is 3 s old',
    });
    for (const host of fake.hosts) {
      host.second = 5;
    }
    expect(await stopCrons.check(look)).toEqual({kind: 'done', output: {}});
  });

  test.each([
    {
      name: 'an account that no host has',
      input: {...none, users: ['shpo']},
      reason: 'No host of web has the account shpo.',
    },
    {
      name: 'a timer that no host has',
      input: {...none, timers: ['x.timer']},
      reason: 'No host of web has the unit x.timer.',
    },
    {
      name: 'a file that no host has',
      input: {...none, cronFiles: ['/etc/cron.d/x']},
      reason: 'No host of web has the file /etc/cron.d/x.',
    },
  ])('$name blocks', async ({input: wrong, reason}) => {
    expect(await stopCrons.check(lookAt(new FakeHosts(...states).session.reader, wrong))).toEqual({
      kind: 'blocked',
      reason,
      hint: 'Correct the name in the runbook, or the hosts in the inventory.',
    });
  });

  test("an earlier run's comments are not adopted", async () => {
    const fake = new FakeHosts({
      name: 'web1',
      crontabs: {shop: '#switcharoo:r-0 * * * * * digest\n'},
    });
    expect(await stopCrons.check(lookAt(fake.session.reader, {...none, users: ['shop']}))).toEqual({
      kind: 'blocked',
      reason: 'The crontab of shop on web1 still has lines that an earlier run commented out.',
      hint: 'Reverse that run. If it left nothing else, remove its comments (#switcharoo:…) by hand.',
    });
  });

  test('a process that a timer started and its service left behind is waited for', async () => {
    const fake = new FakeHosts({
      name: 'web1',
      units: {
        'digest.timer': {
          activeState: 'inactive',
          blocks: new Set(['r-1-stop']),
          triggers: ['digest.service'],
        },
        'digest.service': {activeState: 'inactive'},
      },
      processes: [
        {pid: 4711, parent: 1, user: 'shop', unit: 'digest.service', seconds: 34, name: 'node'},
      ],
    });
    expect(
      await stopCrons.check(lookAt(fake.session.reader, {...none, timers: ['digest.timer']}, true)),
    ).toEqual({
      kind: 'waiting',
      progress: 'web1: digest.service is running: node (pid 4711, 34 s)',
    });
  });

  test('a file that is neither in place nor kept blocks the reversal', async () => {
    const fake = new FakeHosts(...states);
    const look = lookAt(fake.session.reader, input);
    const verdict = await stopCrons.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    fake.hosts[0]?.fileTexts.delete('/etc/cron.d/clean');
    expect(await stopCrons.reverse(lookAt(fake.session.reader, input, true), before)).toEqual({
      kind: 'blocked',
      reason:
        '/etc/cron.d/clean on web1 is not the original, and this run keeps no copy of the original.',
      hint: 'Restore it from a backup of the host.',
    });
  });

  test('a file that configuration management wrote again, with other content, blocks the reversal', async () => {
    const fake = new FakeHosts(...states);
    const look = lookAt(fake.session.reader, input, true);
    await performAll(fake.session.writer, await stopCrons.plan(look, {hosts: []}));
    fake.hosts[0]?.fileTexts.set('/etc/cron.d/clean', '* * * * * root other\n');
    expect(await stopCrons.reverse(look, {hosts: []})).toMatchObject({
      kind: 'blocked',
      reason:
        '/etc/cron.d/clean is in place again on web1, with other content than the file that this run moved aside.',
    });
  });
});

describe('on a lab host', () => {
  let lab: LabWorld;
  let web1: LabHost;
  const file = (name: string) => join(lab.tried.directory, name);
  const input = {...none, users: ['shop'], timers: ['digest.timer']};

  beforeEach(async () => {
    const job = (name: string) =>
      `touch ${name}-began; while [ ! -e ${name}-may-end ]; do sleep 0.02; done; touch ${name}-ended`;
    lab = await startLabWorld({
      name: 'web1',
      crontabs: {shop: `* * * * * [ -e cron-began ] || { ${job('cron')}; }\n`},
      timers: [
        {
          name: 'digest.timer',
          starts: {name: 'digest.service', command: ['/bin/sh', '-c', job('timer')]},
          everyMs: 50,
        },
      ],
      cronMinuteMs: 50,
    });
    [web1] = lab.tried.hosts as [LabHost]; // One was asked for.
    await vi.waitFor(
      () =>
        expect([existsSync(file('cron-began')), existsSync(file('timer-began'))]).toEqual([
          true,
          true,
        ]),
      10_000,
    );
  });
  afterEach(() => lab.stop());

  test('jobs that run at the moment of the stop are waited for by name, end by themselves, and no other starts', async () => {
    const look = lookAt(lab.session.reader, input, true);
    const verdict = await stopCrons.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    await performAll(lab.session.writer, await stopCrons.plan(look, before));

    const [cronPid] = web1.pidsOf('cron:shop');
    const [timerPid] = web1.pidsOf('digest.service');
    const waiting = await stopCrons.check(look);
    expect(waiting.kind).toBe('waiting');
    const progress = waiting.kind === 'waiting' ? waiting.progress : '';
    // Beside each is the sleep that it waits in, before or after it.
    expect(progress).toMatch(
      new RegExp(`web1: sh \\(pid ${cronPid}, \\d+ s\\) of shop is running`),
    );
    expect(progress).toMatch(new RegExp(`digest.service is running: .*sh \\(pid ${timerPid}, `));

    await lab.tried.ssh(web1, `touch ${file('cron-may-end')} ${file('timer-may-end')}`);
    await vi.waitFor(
      async () => expect(await stopCrons.check(look)).toEqual({kind: 'done', output: {}}),
      {timeout: 60_000, interval: 100},
    );
    expect([existsSync(file('cron-ended')), existsSync(file('timer-ended'))]).toEqual([true, true]);
    expect([web1.pidsOf('cron:shop'), web1.unitState('digest.service')]).toEqual([[], 'inactive']);
  });

  test('a crontab that someone edited meanwhile is neither overwritten nor restored', async () => {
    const look = lookAt(lab.session.reader, {...none, users: ['shop']}, true);
    await performAll(lab.session.writer, await stopCrons.plan(look, {hosts: []}));
    await lab.tried.ssh(web1, 'crontab -u shop -', {input: '* * * * * edited\n'});
    const blocked = {
      kind: 'blocked',
      reason:
        'The crontab of shop on web1 was edited after this run stopped it (active lines now: 1).',
      hint: `Save that edit elsewhere, then run on web1: cp /var/lib/switcharoo/r-1/stop/crontab-shop~installed ${web1.root}/var/spool/cron/crontabs/shop && touch ${web1.root}/var/spool/cron/crontabs`,
    };
    expect(await stopCrons.check(look)).toEqual(blocked);
    expect(await stopCrons.reverse(look, {hosts: []})).toEqual(blocked);
    expect(contentOf(web1, 'var/spool/cron/crontabs/shop')).toBe('* * * * * edited\n');
  });

  test('an edit between the check and the action is noticed, and nothing is written', async () => {
    const look = lookAt(lab.session.reader, {...none, users: ['shop']}, true);
    const actions = await stopCrons.plan(look, {hosts: []});
    await lab.tried.ssh(web1, 'crontab -u shop -', {input: '* * * * * edited\n'});
    await expect(performAll(lab.session.writer, actions)).rejects.toMatchObject({
      problem: {
        code: 'host-file-edited',
        message: 'The crontab of shop on web1 differs from the last check: it was edited since.',
      },
    });
    expect(contentOf(web1, 'var/spool/cron/crontabs/shop')).toBe('* * * * * edited\n');
    expect(existsSync(join(web1.root, 'var/lib/switcharoo'))).toBe(false);
  });

  test('with every user, a crontab that somebody removed meanwhile is not left out of the reversal', async () => {
    const look = lookAt(lab.session.reader, {...none, users: 'every' as const}, true);
    const verdict = await stopCrons.check(look);
    const before = verdict.kind === 'pending' ? verdict.before : {hosts: []};
    await performAll(lab.session.writer, await stopCrons.plan(look, before));
    await lab.tried.ssh(web1, 'crontab -u shop -r');
    const reason =
      'The crontab of shop on web1 was edited after this run stopped it (active lines now: 0).';
    expect(await stopCrons.check(look)).toMatchObject({kind: 'blocked', reason});
    expect(await stopCrons.reverse(look, before)).toMatchObject({kind: 'blocked', reason});
    rmSync(join(web1.root, 'var/lib/switcharoo'), {recursive: true});
    expect(await stopCrons.reverse(look, before)).toMatchObject({
      kind: 'blocked',
      reason:
        'The crontab of shop on web1 is not the original, and this run keeps no copy of the original.',
    });
  });

  test('a crontab that is nowhere in the spool is not taken for a missing one', async () => {
    const crontab = join(lab.tried.directory, 'web1/bin/crontab');
    const says = (words: string, code = 1) => {
      rmSync(crontab);
      writeFileSync(crontab, `#!/bin/sh\necho "${words}" >&2\nexit ${code}\n`, {mode: 0o755});
    };
    rmSync(join(web1.root, 'var/spool/cron/crontabs/shop'));
    const look = lookAt(lab.session.reader, {...none, users: ['shop']}, true);
    says('You (shop) are not allowed to use this program (crontab)');
    await expect(stopCrons.check(look)).rejects.toThrow('You (shop) are not allowed');
    says('# of another cron', 0);
    await expect(stopCrons.check(look)).rejects.toThrow('crontab -l shows a crontab of shop');
    says("crontab:  user \\`shop' unknown");
    expect(await stopCrons.check(look)).toMatchObject({kind: 'blocked'});
  });

  test('an account of a directory, with a backslash in its name, has that name everywhere', async () => {
    const crontab = join(lab.tried.directory, 'web1/bin/crontab');
    const spool = join(web1.root, 'var/spool/cron/crontabs');
    rmSync(join(spool, 'shop'));
    writeFileSync(join(spool, 'SHOP\\bob'), '* * * * * true\n');
    rmSync(crontab);
    writeFileSync(
      crontab,
      `#!/bin/sh\ncase $1 in -l) exec cat -- "${spool}/$3" ;; *) exec cat > "${spool}/$2" ;; esac\n`,
      {mode: 0o755},
    );
    const look = lookAt(lab.session.reader, {...none, users: 'every' as const}, true);
    await performAll(lab.session.writer, await stopCrons.plan(look, {hosts: []}));
    expect(readFileSync(join(spool, 'SHOP\\bob'), 'utf8')).toMatch(/^#switcharoo:/);
  });

  test('accounts with similar names each keep their own original', async () => {
    const [host] = lab.session.writer.hosts;
    const texts = {from: '* * * * * true\n', to: '# stopped\n'};
    const {signal} = new AbortController();
    const mark = {id: 'r-1', entry: 'stop'};
    const spool = join(web1.root, 'var/spool/cron/crontabs');
    const crontab = join(lab.tried.directory, 'web1/bin/crontab');
    rmSync(crontab);
    writeFileSync(
      crontab,
      `#!/bin/sh\ncase $1 in -l) exec cat -- "${spool}/$3" ;; *) exec cat > "${spool}/$2" ;; esac\n`,
      {mode: 0o755},
    );
    const users = ['jo.new', 'jo.installed', 'jo.sha256', 'jo'];
    const textOf = (user: string) => readFileSync(join(spool, user), 'utf8');
    for (const user of users) {
      writeFileSync(join(spool, user), `* * * * * ${user}\n`);
      await host?.replaceCrontab(user, {...texts, from: textOf(user)}, mark, signal);
    }
    for (const user of users) {
      await host?.restoreCrontab(user, mark, signal);
    }
    expect(users.map(textOf)).toEqual(users.map((user) => `* * * * * ${user}\n`));
  });

  test('the original is kept on the host for root alone, with a digest that can be checked there', async () => {
    const look = lookAt(lab.session.reader, {...none, users: ['shop']}, true);
    await performAll(lab.session.writer, await stopCrons.plan(look, {hosts: []}));
    const kept = join(web1.root, 'var/lib/switcharoo/r-1/stop');
    const {stdout} = await lab.tried.ssh(
      web1,
      `cd ${kept} && stat -c '%a %n' . * && sha256sum -c crontab-shop~sha256`,
    );
    expect(stdout).toBe(`700 .
600 crontab-shop
600 crontab-shop~installed
600 crontab-shop~sha256
crontab-shop: OK
crontab-shop~installed: OK
`);
  });
});
