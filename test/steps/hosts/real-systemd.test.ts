import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {Step} from '../../../src/model/step.ts';
import type {HostsAction} from '../../../steps/hosts/contract.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {stopWebServers} from '../../../steps/hosts/stop-web-servers.ts';
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
describe.skipIf(why !== undefined)('on a host with a real systemd', {timeout: 60_000}, () => {
  let host: RealHost;
  beforeAll(async () => {
    host = await startRealHost({systemd: true});
  }, 60_000);
  afterAll(() => host?.close());
  beforeEach(() => {
    host.run(clean);
  });

  const look = <Input>(step: HostsStep, input: Input, started = true) =>
    lookAt(host.session.reader, step.input.parse(input), started);
  const check = (step: HostsStep, input: unknown, started = false) =>
    step.check(look(step, input, started));

  /** Performs what the step plans, and waits for as long as it says waiting. */
  async function stop(step: HostsStep, input: unknown) {
    const verdict = await check(step, input);
    if (verdict.kind !== 'pending') {
      throw new Error(`it is ${JSON.stringify(verdict)}`);
    }
    const actions = await step.plan(look(step, input), verdict.before);
    await performAll(host.session.writer, actions as readonly HostsAction[]);
    return {before: verdict.before, verdict, after: await settled(step, input)};
  }

  async function settled(step: HostsStep, input: unknown) {
    for (let tries = 0; ; tries += 1) {
      const verdict = await check(step, input, true);
      if (verdict.kind !== 'waiting' || tries > 100) {
        return verdict;
      }
      await sleep(100);
    }
  }

  async function reverse(step: HostsStep, input: unknown, before: unknown) {
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
      const tied = (dependency: string, name: string) =>
        `[Unit]\n${dependency}=${name}.service\nAfter=${name}.service`;
      host.run(`${service('shop-a')}
${service('shop-b', tied('BindsTo', 'shop-a'))}
${service('shop-c@', tied('Requires', 'shop-b'))}
${service('shop-d', tied('Requisite', 'shop-c@1'))}
${service('shop-e', tied('PartOf', 'shop-d'))}
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
          'A reversal that starts shop-web.service on real1 also starts shop-migrate.service: shop-web.service wants that, and it does not run now.',
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
        'shop-web.service on real1 is a unit of the manager of a user (/home/deployer/.config/systemd/user/shop-web.service), not of the system: this step does not stop it.',
      ],
      [
        'is gone from the disk',
        `${service('shop-web')}; systemctl daemon-reload; systemctl start shop-web; rm /etc/systemd/system/shop-web.service`,
        'The file of shop-web.service on real1 has changed or is gone since systemd read it: what is stopped now could be started only as that file says.',
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
          'shop-mail@.service on real1 is a template, and no unit that runs. Its instances: shop-mail@1.service.',
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
        `comment out the crontab of ${testUser} on real1 (2 active lines; the last line has no line end, so cron may not run it, and crontab -l | crontab - would refuse it)`,
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
          `sleep (pid ${pid}) of nobody on real1 has been running ${since}: cron started it at boot (@reboot), and it will not end by itself. The step waits for it: end it by hand then. After a reversal start it by hand: cron does so only at the next boot.`,
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
});

const unit = (name: string, text: string) =>
  `printf '%s\\n' '${text.replaceAll('\n', "' '")}' > /etc/systemd/system/${name}`;
const service = (name: string, head = '[Unit]', seconds = 100_000) =>
  unit(
    `${name}.service`,
    `${head}\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep ${seconds}`,
  );

/** Nothing of an earlier world is left. */
const clean = `systemctl stop 'shop*' cron supervisor 2>/dev/null || :
systemctl reset-failed 2>/dev/null || :
rm -rf /etc/systemd/system/shop* /etc/systemd/system/cron* /etc/systemd/system/supervisor* /var/spool/cron/crontabs/* /etc/cron.d/* /etc/supervisor/conf.d/* /var/lib/switcharoo
systemctl daemon-reload`;
