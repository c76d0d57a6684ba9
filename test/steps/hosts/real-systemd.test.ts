import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/index.ts';
import type {Step} from '../../../src/model/step.ts';
import type {HostsAction} from '../../../steps/hosts/contract.ts';
import {openShells} from '../../../steps/hosts/shell/shell.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {stopSupervisorPrograms} from '../../../steps/hosts/stop-supervisor-programs.ts';
import {stopWebServers} from '../../../steps/hosts/stop-web-servers.ts';
import {freePort} from '../../lab/mysql/databases.ts';
import {lookAt, performAll} from './look.ts';
import {type RealHost, startRealHost, testUser, whyNoHostWith} from './real-host.ts';

const why = whyNoHostWith('hosts on a real systemd', [
  'systemctl',
  'cron',
  'crontab',
  'supervisord',
  'supervisorctl',
]);

type HostsStep = Step<any, any, any, any>;

// One boot for all of it: each world begins with the units, crontabs and programs of its own.
describe.skipIf(why !== undefined)('on a host with a real systemd', () => {
  let host: RealHost;
  let oldPort: number;
  beforeAll(async () => {
    oldPort = await freePort();
    host = await startRealHost({systemd: true, sshd: forced});
  });
  afterAll(() => host?.close());
  beforeEach(() => {
    host.run(clean);
  });

  const look = (step: HostsStep, input: object, started = true) =>
    lookAt(host.session.reader, step.input.parse({watchSeconds: 0, ...input}), started);
  const check = (step: HostsStep, input: object, started = false) =>
    step.check(look(step, input, started));

  /** Performs what the step plans, and waits for as long as it says waiting. */
  async function stop(step: HostsStep, input: object) {
    const verdict = await check(step, input);
    if (verdict.kind !== 'pending') {
      throw new Error(`it is ${JSON.stringify(verdict)}`);
    }
    const actions = await step.plan(look(step, input), verdict.before);
    await performAll(host.session.writer, actions as readonly HostsAction[]);
    return {before: verdict.before, verdict, after: await settled(step, input)};
  }

  async function settled(step: HostsStep, input: object) {
    for (let tries = 0; ; tries += 1) {
      const verdict = await check(step, input, true);
      if (verdict.kind !== 'waiting' || tries > 100) {
        return verdict;
      }
      await sleep(100);
    }
  }

  async function reverse(step: HostsStep, input: object, before: unknown) {
    const actions = await step.reverse(look(step, input), before);
    if ('kind' in actions) {
      throw new Error(`it is ${JSON.stringify(actions)}`);
    }
    await performAll(host.session.writer, actions as readonly HostsAction[]);
    return actions.map(({does}) => does);
  }

  const states = (...units: readonly string[]) =>
    host
      .run(`systemctl show -p ActiveState --value -- ${units.join(' ')}`)
      .split(/\s+/)
      .filter(Boolean)
      .join(' ');

  test('nothing of this machine is changed by it, also by what systemd itself does at a boot', () => {
    const file = join(tmpdir(), `switcharoo-sentinel-${process.pid}`);
    writeFileSync(file, '');
    host.run('systemctl start sysinit.target; systemd-tmpfiles --create --remove --boot 2>&1 || :');
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    expect(() => host.run('touch /usr/x')).toThrow('Read-only');
  });

  describe('a login', () => {
    const account = (name: string, shell: string) =>
      `useradd --no-create-home --home-dir / --password '*' --shell ${shell} ${name}`;
    beforeAll(() => {
      host.run(`chmod 644 /run/mini/authorized_keys
${account('sw-nologin', '/usr/sbin/nologin')}
${account('sw-forced', '/bin/sh')}
${account('sw-menu', '/bin/sh')}
ssh-keygen -q -t rsa -b 2048 -N '' -f /run/mini/rsa
sed "s|^HostKey .*|HostKey /run/mini/rsa|; s|^Port .*|Port ${oldPort}|; /^Match/,\\$d" ${sshdConfig} > /run/mini/old_config
echo 'HostKeyAlgorithms ssh-rsa' >> /run/mini/old_config
/usr/sbin/sshd -f /run/mini/old_config -E /run/mini/old_log`);
    });

    const problemAt = async (place: Partial<RealHost['place']>, limitMs = 20_000) => {
      const {shells, close} = await openShells([{...host.place, ...place}]);
      const ended = await Promise.all(
        shells.map((shell) =>
          shell.run('echo in', new AbortController().signal, limitMs).then(
            (text) => text,
            (error: unknown) => (error instanceof SwitcharooError ? error.problem : String(error)),
          ),
        ),
      );
      await close();
      return ended[0];
    };

    test('over another host, with the same key', async () => {
      const {port} = host.place;
      expect(await problemAt({proxyJump: `root@127.0.0.1:${port}`})).toBe('in\n');
      expect(await problemAt({proxyJump: 'root@127.0.0.1:1'})).toMatchObject({
        code: 'host-jump-failed',
        message: `real1 (127.0.0.1 port ${port}) cannot be reached over root@127.0.0.1:1: ssh: connect to host 127.0.0.1 port 1: Connection refused.`,
      });
      expect(await problemAt({proxyJump: `root@127.0.0.1:${port}`, port: 1})).toMatchObject({
        code: 'host-jump-failed',
        message: expect.stringContaining('open failed: connect failed: Connection refused'),
      });
    });

    test.each([
      ['with nologin', 'sw-nologin', 'This account is currently not available'],
      ['with a ForceCommand that ends', 'sw-forced', 'only for backups'],
      ['with a ForceCommand that asks', 'sw-menu', '1) reports 2) quit'],
    ])('%s is named', async (_, user, words) => {
      const {port} = host.place;
      expect(await problemAt({user}, 4_000)).toMatchObject({
        code: 'host-shell-refused',
        message: `real1 (127.0.0.1 port ${port}) accepts the login of ${user}, and then runs something else than the command of this run: ${words}.`,
      });
    });

    test('at a server that only has an old algorithm is named with the option that allows it', async () => {
      expect(await problemAt({port: oldPort})).toEqual({
        code: 'host-algorithm-refused',
        message: `ssh does not use what real1 (127.0.0.1 port ${oldPort}) offers: no matching host key type found. Their offer: ssh-rsa.`,
        hint: 'Update OpenSSH on real1, or allow it for this host alone in ~/.ssh/config: Host 127.0.0.1, then HostKeyAlgorithms +ssh-rsa',
      });
    });

    test.for(['fish', 'tcsh'])('with the login shell %s works', async (shell, {skip}) => {
      const path = host.run(`command -v ${shell} || :`).trim();
      if (path === '') {
        console.warn(`SKIPPED: a login with ${shell}: it is not installed.`);
        skip();
      }
      host.run(`echo 'sw-root:x:0:0::/:${path}' >> /etc/passwd`);
      expect(await problemAt({user: 'sw-root'})).toBe('in\n');
    });
  });

  describe('units', () => {
    test('a target that goes down with one of its units takes the others with it: they are to be named', async () => {
      host.run(`${unit('shop.target', '[Unit]\nRequires=shop-web.service shop-mailer.service')}
${service('shop-web', '[Unit]\nPartOf=shop.target')}
${service('shop-mailer', '[Unit]\nPartOf=shop.target')}
systemctl daemon-reload
systemctl start shop.target`);
      expect(await check(stopWebServers, {units: ['shop-web.service']})).toEqual({
        kind: 'blocked',
        reason:
          'shop-mailer.service on real1 is stopped with shop-web.service, and would not be started with it again.',
        hint: 'Name that unit in the runbook too. On real1: systemctl list-dependencies --reverse shop-web.service',
      });
      const input = {units: ['shop-web.service', 'shop-mailer.service']};
      const {before, verdict, after} = await stop(stopWebServers, input);
      expect(after.kind).toBe('done');
      expect(states('shop.target', 'shop-web', 'shop-mailer')).toBe('inactive inactive inactive');
      await reverse(stopWebServers, input, before);
      expect(states('shop.target', 'shop-web', 'shop-mailer')).toBe('active active active');
      expect(await check(stopWebServers, input, true)).toEqual(verdict);
    });

    test('a stop goes on through every kind of dependency, over units and instances between', async () => {
      const follows = (dependency: string, name: string) =>
        `[Unit]\n${dependency}=${name}.service\nAfter=${name}.service`;
      host.run(`${service('shop-a')}
${service('shop-b', follows('BindsTo', 'shop-a'))}
${service('shop-c@', follows('Requires', 'shop-b'))}
${service('shop-d', follows('Requisite', 'shop-c@1'))}
${service('shop-e', follows('PartOf', 'shop-d'))}
systemctl daemon-reload
for name in a b c@1 d e; do systemctl start shop-$name; done`);
      expect(await check(stopWebServers, {units: ['shop-a.service']})).toMatchObject({
        kind: 'blocked',
        reason:
          'shop-b.service, shop-c@1.service, shop-d.service, shop-e.service on real1 is stopped with shop-a.service, and would not be started with it again.',
      });
      const input = {units: ['a', 'b', 'c@1', 'd', 'e'].map((name) => `shop-${name}.service`)};
      const {before, after: stopped} = await stop(stopWebServers, input);
      expect(stopped.kind).toBe('done');
      await reverse(stopWebServers, input, before);
      expect(states(...input.units)).toBe('active active active active active');
    });

    test('a slice takes its units with it, and a unit that nobody needs any more is stopped too', async () => {
      host.run(`${unit('shop.slice', '[Unit]\nDefaultDependencies=no')}
${service('shop-cache', '[Unit]\nStopWhenUnneeded=yes')}
printf 'Slice=shop.slice\\n' >> /etc/systemd/system/shop-cache.service
${service('shop-web', '[Unit]\nWants=shop-cache.service')}
systemctl daemon-reload
systemctl start shop-web`);
      expect(await check(stopWebServers, {units: ['shop.slice']})).toMatchObject({
        reason: expect.stringContaining('shop-cache.service on real1 is stopped with shop.slice'),
      });
      expect(await check(stopWebServers, {units: ['shop-web.service']})).toMatchObject({
        reason: expect.stringContaining('shop-cache.service on real1 is stopped with shop-web'),
      });
    });

    test('a unit that did not run, and that another one wants, does not run after a reversal, or is named', async () => {
      host.run(`${service('shop-web', '[Unit]\nWants=shop-mail.service shop-migrate.service')}
${service('shop-mail')}
${service('shop-migrate')}
systemctl daemon-reload
systemctl start shop-web
systemctl stop shop-mail shop-migrate`);
      const input = {units: ['shop-web.service', 'shop-mail.service']};
      const {before, verdict} = await stop(stopWebServers, input);
      expect(verdict).toMatchObject({
        remarks: [
          'When a reversal starts shop-web.service on real1, systemd also starts its dependencies that are not running now: shop-migrate.service.',
        ],
      });
      expect(await reverse(stopWebServers, input, before)).toEqual([
        'allow shop-web.service on real1 to start',
        'start shop-web.service on real1 (systemd also starts shop-migrate.service on real1)',
        'allow shop-mail.service on real1 to start',
      ]);
      expect(states('shop-web', 'shop-mail', 'shop-migrate')).toBe('active inactive active');
    });

    test.each([
      [
        'is of the manager of a user',
        `mkdir -p /home/deployer/.config/systemd/user; ${unit('shop-web.service', '[Service]\nExecStart=/bin/true')}; mv /etc/systemd/system/shop-web.service /home/deployer/.config/systemd/user/`,
        'shop-web.service on real1 is a user unit (/home/deployer/.config/systemd/user/shop-web.service), not a system unit: this step cannot stop it.',
      ],
      [
        'is gone from the disk',
        `${service('shop-web')}; systemctl daemon-reload; systemctl start shop-web; rm /etc/systemd/system/shop-web.service`,
        'The file of shop-web.service on real1 has changed or was removed since systemd read it. Once stopped, the unit could not be started again as it runs now.',
      ],
      [
        'refuses to be stopped by hand',
        `${service('shop-web', '[Unit]\nRefuseManualStop=yes')}; systemctl daemon-reload; systemctl start shop-web`,
        'shop-web.service on real1 cannot be stopped by hand.',
      ],
      [
        'refuses to be started by hand',
        `${service('shop-web', '[Unit]\nRefuseManualStart=yes')}; ${service('shop-a', '[Unit]\nRequires=shop-web.service')}; systemctl daemon-reload; systemctl start shop-a`,
        'shop-web.service on real1 is running, but cannot be started again once it is stopped.',
      ],
      [
        'has a drop-in that cancels all conditions, after every other one',
        `${service('shop-web')}; mkdir /etc/systemd/system/shop-web.service.d; ${unit('shop-web.service.d/zzz.conf', '[Unit]\nConditionPathExists=')}; systemctl daemon-reload; systemctl start shop-web`,
        '/etc/systemd/system/shop-web.service.d/zzz.conf on real1 cancels every condition that could prevent shop-web.service from starting.',
      ],
      [
        'is started again by a path',
        `${service('shop-web')}; ${unit('shop-web.path', '[Path]\nPathExists=/nowhere')}; systemctl daemon-reload; systemctl start shop-web shop-web.path`,
        'shop-web.service on real1 is also started by shop-web.path.',
      ],
    ])('a unit that %s is named before anything is stopped', async (_, prepare, reason) => {
      host.run(prepare);
      expect(await check(stopWebServers, {units: ['shop-web.service']})).toMatchObject({
        kind: 'blocked',
        reason,
      });
      host.run('rm -rf /home/deployer');
    });

    test('a template is told from its instances', async () => {
      host.run(`${service('shop-mail@')}; systemctl daemon-reload; systemctl start shop-mail@1`);
      expect(await check(stopWebServers, {units: ['shop-mail@.service']})).toEqual({
        kind: 'blocked',
        reason:
          'shop-mail@.service on real1 is a template, not a unit that runs. Its instances: shop-mail@1.service.',
        hint: 'Name its instances in the runbook.',
      });
    });
  });

  describe('crontabs', () => {
    const spool = `/var/spool/cron/crontabs/${testUser}`;
    const plant = (text: string) =>
      host.run(
        `printf '${text}' > ${spool}; chown ${testUser}:crontab ${spool}; chmod 600 ${spool}`,
      );
    const picture = () => host.run(`sha256sum < ${spool}; stat -c '%U:%G %a %h' ${spool}`);

    test.each([
      ['ends without a line end', 'MAILTO=x\\n*/7 3 * * * true one\\n*/9 3 * * * true last'],
      ['begins with comments', '# a\\n# 15 2 * * * off\\n# c\\nMAILTO=x\\n1 2 * * * true one\\n'],
      [
        'has the header of crontab -e twice',
        '# DO NOT EDIT\\n# (x)\\n# (y)\\n# DO NOT EDIT\\n1 2 * * * true\\n',
      ],
      ['has the line ends of Windows', 'MAILTO=x\\r\\n1 2 * * * true %%a\\r\\n\\r\\n'],
      ['has odd bytes', '\\377\\200=\\001\\n1 2 * * * echo \\340\\240 %% \\000 x\\n'],
      ['has a long line', `1 2 * * * true ${'x'.repeat(5_000)}\\n`],
      ['is refused by crontab', '61 2 * * * true\\n1 2 * * * true\\n'],
    ])('one that %s is restored byte for byte, with owner and mode', async (_, text) => {
      plant(text);
      const start = picture();
      const {before} = await stop(stopCrons, {users: [testUser]});
      const active = host.run(`grep -avE '^#|=|^\r?$' ${spool} || :`);
      expect(active).toBe('');
      await reverse(stopCrons, {users: [testUser]}, before);
      expect(picture()).toBe(start);
      expect(
        host.run('ls -A /var/spool/cron/crontabs; ls /var/lib/switcharoo 2>/dev/null || :'),
      ).toBe(`${testUser}\n`);
    });

    test('the plan says that the last line has no line end', async () => {
      plant('1 2 * * * true\\n1 3 * * * true');
      const verdict = await check(stopCrons, {users: [testUser]});
      const actions = await stopCrons.plan(
        look(stopCrons, {users: [testUser]}),
        verdict.kind === 'pending' ? verdict.before : {hosts: []},
      );
      expect(actions.map(({does}) => does)).toEqual([
        `comment out the crontab of ${testUser} on real1 (2 active lines; the last line has no newline, so cron may not run it, and crontab -l | crontab - would refuse it)`,
      ]);
    });

    test('a daemon of @reboot, and a job under another account, are known', async () => {
      host.run(`rm -f /run/crond.reboot
${unit('cron.service', '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/sbin/cron -f\nKillMode=process')}
systemctl daemon-reload
printf '@reboot setpriv --reuid=nobody --clear-groups /bin/sleep 99999\\n' | crontab -u root -
systemctl restart cron
for try in $(seq 50); do if pgrep -u nobody -x sleep >/dev/null; then break; fi; sleep 0.1; done`);
      const pid = host.run('pgrep -u nobody -x sleep').trim();
      const input = {users: ['root']};
      const verdict = await check(stopCrons, input);
      const since = /since [^U]* UTC/.exec(JSON.stringify(verdict))?.[0];
      expect(verdict).toMatchObject({
        remarks: [
          `sleep (pid ${pid}) of nobody on real1 has been running ${since}: cron started it at boot (@reboot), and it does not end by itself. When the step waits for it, end it by hand. After a reversal, start it by hand: cron starts it only at the next boot.`,
        ],
      });
      if (verdict.kind !== 'pending') {
        return;
      }
      await performAll(
        host.session.writer,
        await stopCrons.plan(look(stopCrons, input), verdict.before),
      );
      expect(await check(stopCrons, input, true)).toMatchObject({
        kind: 'waiting',
        progress: expect.stringContaining(
          `of nobody is running: cron started it at boot (@reboot). End it by hand: kill ${pid}`,
        ),
      });
      host.run(`kill ${pid}`);
      expect(await reverse(stopCrons, input, verdict.before)).toEqual([
        'restore the crontab of root on real1 (its @reboot jobs start at the next boot)',
      ]);
    });
  });

  describe('programs of supervisord', () => {
    const start = (conf: string, files: Readonly<Record<string, string>> = {}) =>
      host.run(`printf '%s\\n' ${quoted(`${settings}\n${conf}`)} > /etc/supervisord.conf
${Object.entries(files)
  .map(([name, text]) => `printf '%s\\n' ${quoted(text)} > /etc/supervisor/conf.d/${name}`)
  .join('\n')}
${unit('supervisor.service', '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/supervisord -n -c /etc/supervisord.conf\nKillMode=process')}
systemctl daemon-reload
systemctl start supervisor
for try in $(seq 100); do if supervisorctl pid >/dev/null 2>&1; then break; fi; sleep 0.1; done`);
    const status = () => host.run("supervisorctl status | awk '{print $1, $2}'; :");
    const include = '[include]\nfiles = /etc/supervisor/conf.d/*.conf';
    const file = '/etc/supervisor/conf.d/queue.conf';
    const queue = '[program:queue]\ncommand=/bin/sleep 99999\nstartsecs=0';

    test('one in the file of supervisord itself is not moved away', async () => {
      start(queue);
      const programs = [{group: 'queue', file: '/etc/supervisord.conf'}];
      expect(await check(stopSupervisorPrograms, {programs})).toEqual({
        kind: 'blocked',
        reason:
          '/etc/supervisord.conf on real1 also has settings of supervisord itself (unix_http_server, supervisord, rpcinterface:supervisor, supervisorctl): without that file neither supervisord nor supervisorctl works.',
        hint: 'Move queue to a file of its own that [include] names, such as /etc/supervisor/conf.d/queue.conf. That restarts nothing. Then run on real1: supervisorctl reread',
      });
    });

    test('one that takes long to stop is waited for, and the plan says how long it may take', async () => {
      const slow = `[program:queue]\ncommand=sh -c "trap 'sleep 2; exit' TERM; while [ 1 ]; do sleep 0.1; done" ; slow\nstopwaitsecs = 3600 ; as Laravel says\nstartsecs=0`;
      start(include, {'queue.conf': slow});
      const input = {programs: [{group: 'queue', file}], watchSeconds: 0};
      const {before, verdict, after} = await stop(stopSupervisorPrograms, input);
      expect(verdict).toMatchObject({
        remarks: ['queue on real1 may take 3600 s to stop (stopwaitsecs): the step waits for it.'],
      });
      expect(after.kind).toBe('done');
      await reverse(stopSupervisorPrograms, input, before);
      expect(status()).toBe('queue RUNNING\n');
    });

    test('its file is restored also while supervisord does not answer', async () => {
      start(include, {'queue.conf': queue});
      const input = {programs: [{group: 'queue', file}], watchSeconds: 0};
      const {before} = await stop(stopSupervisorPrograms, input);
      host.run('systemctl stop supervisor');
      await expect(reverse(stopSupervisorPrograms, input, before)).rejects.toThrow(
        'No such file or directory',
      );
      expect(host.run(`cat ${file}`)).toBe(`${queue}\n`);
      host.run('systemctl start supervisor; sleep 1');
      await reverse(stopSupervisorPrograms, input, before);
      expect(status()).toBe('queue RUNNING\n');
    });
  });

  describe('another supervisor', () => {
    const listen = (port: number) =>
      `python3 -c 'import socket,time; s=socket.create_server(("127.0.0.1",${port})); time.sleep(99999)'`;

    test.each([
      ['the same program', '/bin/sleep 77777', '/bin/sleep 77777', 'sleep', ''],
      [
        'another one at its port',
        listen(47_811),
        `env ${listen(47_811)}`,
        'python3',
        ', which listens on 127.0.0.1:47811',
      ],
    ])('that starts %s again is named', async (_, command, again, name, listens) => {
      host.run(`printf '%s\\n' '#!/bin/sh' ${quoted(`exec ${command}`)} > /run/shop-web
chmod 755 /run/shop-web
${unit('shop-web.service', '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/run/shop-web')}
systemctl daemon-reload
systemctl start shop-web
for try in $(seq 300); do if [ -z '${listens}' ] || ss -Hltn | grep -q :47811; then break; fi; sleep 0.1; done
printf '%s\\n' '#!/bin/sh' ${quoted(`while :; do if [ -e /run/again ]; then ${again} & wait; fi; sleep 0.1; done`)} > /run/shop-runsv
chmod 755 /run/shop-runsv
rm -f /run/again
setsid /run/shop-runsv >/dev/null 2>&1 &`);
      const input = {units: ['shop-web.service']};
      const verdict = await check(stopWebServers, input);
      if (verdict.kind !== 'pending') {
        throw new Error(`it is ${JSON.stringify(verdict)}`);
      }
      const actions = await stopWebServers.plan(look(stopWebServers, input), verdict.before);
      await performAll(host.session.writer, actions);
      expect(await check(stopWebServers, {...input, watchSeconds: 3_600}, true)).toEqual({
        kind: 'waiting',
        progress: 'checking for 3600 s whether something else starts it again',
      });
      host.run(`touch /run/again
for try in $(seq 300); do
  # The shell loop has a sleep of its own, and so has this script.
  if pgrep -P "$(pgrep -x shop-runsv)" -f '7777[7]|4781[1]' >/dev/null && { [ -z '${listens}' ] || ss -Hltn | grep -q :47811; }; then break; fi
  sleep 0.1
done`);
      const blocked = await check(stopWebServers, input, true);
      expect(blocked).toMatchObject({kind: 'blocked'});
      expect('reason' in blocked ? blocked.reason : '').toMatch(
        new RegExp(
          `^Something else has started again what this entry stopped: ${name} \\(pid \\d+, \\d+ s\\) of root[^,]*${listens}, started by shop-runsv \\(pid \\d+\\) on real1\\.$`,
        ),
      );
      host.run(`rm /run/again
while pkill -P "$(pgrep -x shop-runsv)" -f '7777[7]|4781[1]'; do sleep 0.1; done
pkill -x shop-runsv`);
      expect((await settled(stopWebServers, input)).kind).toBe('done');
      await reverse(stopWebServers, input, verdict.before);
      expect(states('shop-web')).toBe('active');
      expect(host.run('ls /var/lib/switcharoo 2>/dev/null || :')).toBe('');
    });
  });
});

const sshdConfig = '/run/mini/sshd_config';
const forced = [
  'Match User sw-forced',
  'ForceCommand echo only for backups; exit 1',
  'Match User sw-menu',
  "ForceCommand echo '1) reports 2) quit'; exec sleep 100",
];

const unit = (name: string, text: string) =>
  `printf '%s\\n' '${text.replaceAll('\n', "' '")}' > /etc/systemd/system/${name}`;
const service = (name: string, head = '[Unit]', seconds = 100_000) =>
  unit(
    `${name}.service`,
    `${head}\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep ${seconds}`,
  );

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const settings = `[unix_http_server]
file=/run/supervisor.sock
[supervisord]
logfile=/var/log/supervisord.log
pidfile=/run/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///run/supervisor.sock`;

/** Nothing of an earlier world is left. */
const clean = `systemctl stop 'shop*' cron supervisor 2>/dev/null || :
systemctl reset-failed 2>/dev/null || :
rm -rf /etc/systemd/system/shop* /etc/systemd/system/cron* /etc/systemd/system/supervisor* /var/spool/cron/crontabs/* /etc/cron.d/* /etc/supervisor/supervisord.conf /etc/supervisor/conf.d/* /var/lib/switcharoo
systemctl daemon-reload`;
