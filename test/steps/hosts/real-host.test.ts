import {setTimeout as sleep} from 'node:timers/promises';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/index.ts';
import {stopAtJobs} from '../../../steps/hosts/stop-at-jobs.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {stopSupervisorPrograms} from '../../../steps/hosts/stop-supervisor-programs.ts';
import {type RealHost, startRealHost, testUser, whyNoHostWith} from './real-host.ts';

const whyNoRealHost = whyNoHostWith('hosts on real daemons', [
  'cron',
  'atd',
  'at',
  'supervisord',
  'supervisorctl',
]);

// Debian's own daemons: what they read, and when, is nobody's model here.
describe.skipIf(whyNoRealHost !== undefined)(
  'on a host with real sshd, cron, atd and supervisord',
  () => {
    // One host for all: its daemons take seconds to start, and each world begins with nothing of the one before.
    let host: RealHost;
    beforeAll(async () => {
      host = await startRealHost();
    });
    afterAll(() => host?.close());

    const world =
      (prepare: string, picture: string, cleaned = clean) =>
      async () => {
        host.run(`${cleaned}\n${prepare}`);
        return {
          sessions: {hosts: host.session},
          picture: async () => host.run(picture),
        };
      };

    lawsOfStep({
      step: stopCrons,
      input: {users: 'every', cronFiles: ['/etc/cron.d/clean']},
      world: world(
        // crontab writes the name of the file into the crontab: a process id in it would change its length.
        `printf '# it%ss quoted: %s\\nTOKEN=s3cret\\n30 4 * * * true\\n@daily true' "'" 'ü€' > /tmp/tried.crontab
       echo >> /tmp/tried.crontab
       crontab -u ${testUser} /tmp/tried.crontab
       rm /tmp/tried.crontab
       printf '5 4 * * * root true\\n' > /etc/cron.d/clean && chmod 640 /etc/cron.d/clean`,
        `crontab -l -u ${testUser} | sha256sum
       find /etc/cron.d /var/lib/switcharoo -type f -exec stat -c '%n %a %U:%G %s' {} + 2>/dev/null | sort
       [ ! -e /etc/cron.d/clean ] || sha256sum /etc/cron.d/clean`,
      ),
    });

    // At a moment of their own: the name of a job's file holds its minute, and worlds of two minutes would differ.
    lawsOfStep({
      step: stopAtJobs,
      input: {},
      world: world(
        `echo 'echo one' | at -t 203801010400 2>/dev/null
       echo 'echo two' | at -q c -t 203801020400 2>/dev/null`,
        `atq | sort
       find /var/spool/cron/atjobs /var/lib/switcharoo -type f ! -name .SEQ -exec stat -c '%n %a %U:%G %s' {} + 2>/dev/null | sort`,
      ),
    });

    lawsOfStep({
      step: stopSupervisorPrograms,
      input: {
        programs: [{group: 'worker', file: '/etc/supervisor/conf.d/worker.conf'}],
        watchSeconds: 0,
      },
      world: world(
        `printf '[program:worker]\\ncommand=/bin/sleep 1000\\nprocess_name=%%(program_name)s_%%(process_num)02d\\nnumprocs=2\\nstartsecs=0\\n' > /etc/supervisor/conf.d/worker.conf
         supervisorctl update >/dev/null`,
        `supervisorctl status | awk '{print $1, $2}'
       find /etc/supervisor/conf.d /var/lib/switcharoo -type f -exec stat -c '%n %a %U:%G %s' {} + 2>/dev/null | sort`,
        cleanSupervisor,
      ),
    });

    describe('running jobs, and jobs that would start', () => {
      beforeAll(() => {
        host.run(`${cleanSupervisor}
         printf '* * * * * echo ran >> /var/tmp/ran; sleep 6\\n' | crontab -u ${testUser} -
         install -o ${testUser} -m 600 /dev/null /var/tmp/ran
         printf '[program:app]\\ncommand=/bin/sleep 1000\\nstartsecs=0\\n[program:idle]\\ncommand=/bin/sleep 1000\\nautostart=false\\n[group:all]\\nprograms=app,idle\\n' > /etc/supervisor/conf.d/all.conf
         supervisorctl update >/dev/null`);
      });

      const look = <Input>(input: Input, started = true) => ({
        input,
        targets: {hosts: host.session.reader},
        run: {id: 'r1', entry: 'crons', started},
        now: new Date(),
        signal: new AbortController().signal,
      });
      const runs = () => host.run('wc -l < /var/tmp/ran').trim();

      test('a running cron job is waited for and never killed, and no other one starts', async () => {
        await until(async () => runs() === '1', 75);
        const input = {users: [testUser], timers: [], cronFiles: []};
        const before = await stopCrons.check(look(input, false));
        expect(before.kind).toBe('pending');
        for (const action of await stopCrons.plan(look(input), {hosts: []})) {
          await action.perform(host.session.writer, look(input).signal, () => {});
        }
        const waiting = await stopCrons.check(look(input));
        expect(waiting).toMatchObject({kind: 'waiting'});
        await until(async () => (await stopCrons.check(look(input))).kind === 'done', 75);
        expect(host.run(`pgrep -u ${testUser} || :`)).toBe('');
        // Past the next full minute: cron has read what lies there now.
        await sleep(63_000 - (Date.now() % 60_000));
        expect(runs()).toBe('1');
      });

      test('a group of supervisord is restored with each process running, or not, as before', async () => {
        const input = {
          programs: [{group: 'all', file: '/etc/supervisor/conf.d/all.conf'}],
          control: ['supervisorctl'],
        };
        const status = () => host.run("supervisorctl status | awk '{print $1, $2}'; :");
        expect(status()).toBe('all:app RUNNING\nall:idle STOPPED\n');
        const verdict = await stopSupervisorPrograms.check(look(input, false));
        if (verdict.kind !== 'pending') {
          throw new Error(`it is ${JSON.stringify(verdict)}`);
        }
        await performAll(await stopSupervisorPrograms.plan(look(input), verdict.before));
        expect(status()).toBe('');
        host.run(
          'supervisorctl reload >/dev/null; while ! supervisorctl pid >/dev/null 2>&1; do sleep 0.1; done',
        );
        expect(status()).toBe('');
        for (let round = 0; round < 2; round += 1) {
          const reversal = await stopSupervisorPrograms.reverse(look(input), verdict.before);
          if (!Array.isArray(reversal)) {
            throw new Error(`it is ${JSON.stringify(reversal)}`);
          }
          await performAll(reversal);
        }
        expect(status()).toBe('all:app RUNNING\nall:idle STOPPED\n');
      });

      test('jobs of at are restored although one of them was overdue and has run, and somebody queued another meanwhile', async () => {
        const input = {spool: '/var/spool/cron/atjobs'};
        // A minute long ago is in its name, and atd does not see it before it is moved aside.
        host.run(`pkill -STOP -x atd
          echo 'echo ran > /var/tmp/overdue' | at -t 203801010400 2>/dev/null
          echo 'echo later' | at -t 203801020400 2>/dev/null
          cd /var/spool/cron/atjobs
          for job in a00001*; do mv "$job" a0000100000001; done`);
        const verdict = await stopAtJobs.check(look(input, false));
        if (verdict.kind !== 'pending') {
          throw new Error(`it is ${JSON.stringify(verdict)}`);
        }
        await performAll(await stopAtJobs.plan(look(input), verdict.before));
        expect((await stopAtJobs.check(look(input))).kind).toBe('done');
        host.run("pkill -CONT -x atd; echo 'echo another' | at -t 203801030400 2>/dev/null");

        expect(await stopAtJobs.isReversed?.(look(input))).toBe(false);
        const actions = await stopAtJobs.reverse(look(input), verdict.before);
        if ('kind' in actions) {
          throw new Error(`it is ${JSON.stringify(actions)}`);
        }
        expect(actions.map(({does}) => does)).toEqual([
          'restore 2 jobs on real1, and make atd check at once for due jobs',
        ]);
        await performAll(actions);
        await until(async () => host.run('cat /var/tmp/overdue 2>/dev/null || :') === 'ran\n', 60);
        await until(async () => host.run('atq | wc -l').trim() === '2', 60);
        expect(await stopAtJobs.isReversed?.(look(input))).toBe(true);
        expect(await stopAtJobs.reverse(look(input), verdict.before)).toEqual([]);
      });

      test('supervisord that does not answer does not prove that a program is gone', async () => {
        host.run(`${cleanSupervisor}
         printf '[program:app]\\ncommand=/bin/sleep 1000\\nstartsecs=0\\n' > /etc/supervisor/conf.d/app.conf
         supervisorctl update >/dev/null`);
        const input = (control: string[]) => ({
          programs: [{group: 'app', file: '/etc/supervisor/conf.d/app.conf'}],
          control,
        });
        const away = ['supervisorctl', '-s', 'unix:///var/run/away.sock'];
        const told = await problemOf(stopSupervisorPrograms.check(look(input(away))));
        expect(told?.code).toBe('host-command-failed');
        expect(told?.message).toContain('away.sock no such file');
        // Before version 4 supervisorctl ended with 0 then, too.
        const older = ['sh', '-c', 'supervisorctl -s unix:///var/run/away.sock "$@" || :', 'sh'];
        const toldByOlder = await problemOf(stopSupervisorPrograms.check(look(input(older))));
        expect(toldByOlder?.code).toBe('host-command-failed');
        const there = await stopSupervisorPrograms.check(look(input(['supervisorctl']), false));
        expect(there).toMatchObject({kind: 'pending'});
      });

      test('starting a started program, or stopping a stopped one, is no failure', async () => {
        const {writer} = host.session;
        const [one] = writer.hosts;
        const control = {command: ['supervisorctl'], limitMs: 10_000};
        await one?.startProcesses(['app'], control, look({}).signal);
        await one?.stopProcesses(['app'], control, look({}).signal);
        await one?.stopProcesses(['app'], control, look({}).signal);
        expect(host.run("supervisorctl status | awk '{print $1, $2}'; :")).toBe('app STOPPED\n');
      });

      async function performAll(
        actions: readonly {
          perform: (writer: any, signal: AbortSignal, say: () => void) => Promise<unknown>;
        }[],
      ) {
        for (const action of actions) {
          await action.perform(host.session.writer, new AbortController().signal, () => {});
        }
      }
    });
  },
);

/**
 * Nothing of an earlier world is left on the host. supervisorctl takes 0.4 s of a processor to start: it is not
 * asked when nothing was said to supervisord.
 */
const clean = `
rm -rf /var/spool/cron/crontabs/* /var/spool/cron/atjobs/[a-z=]* /etc/cron.d/* /etc/supervisor/conf.d/* /var/lib/switcharoo
printf 00000 > /var/spool/cron/atjobs/.SEQ`;
const cleanSupervisor = `${clean}
supervisorctl update >/dev/null`;

async function until(isThere: () => Promise<boolean>, seconds: number): Promise<void> {
  for (let tries = 0; !(await isThere()); tries += 1) {
    if (tries >= seconds * 4) {
      throw new Error(`it did not come within ${seconds} s`);
    }
    await sleep(250);
  }
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof SwitcharooError ? error.problem : undefined),
  );
