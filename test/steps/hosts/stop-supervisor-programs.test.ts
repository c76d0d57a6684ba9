import {expect, test} from 'vitest';
import {stopSupervisorPrograms} from '../../../steps/hosts/stop-supervisor-programs.ts';
import {FakeHosts} from './fake-hosts.ts';
import {lookAt, performAll} from './look.ts';

const file = '/etc/supervisor/conf.d/worker.conf';
const input = {programs: [{group: 'worker', file}], control: ['supervisorctl']};
const groups = {worker: {file, processes: {'worker:worker': 'RUNNING'}}};

test('a child of a stopped program is waited for, and a child of another program is not', async () => {
  const processes = [
    {pid: 10, parent: 1, name: 'supervisord'},
    {pid: 11, parent: 10, name: 'other'},
    {pid: 4711, parent: 1, name: 'php'},
  ].map((each) => ({...each, user: 'shop', unit: 'supervisor.service', seconds: 34}));
  const fake = new FakeHosts({name: 'web1', groups, processes});
  const look = lookAt(fake.session.reader, input, true);
  await performAll(fake.session.writer, await stopSupervisorPrograms.plan(look, {hosts: []}));
  expect(await stopSupervisorPrograms.check(look)).toEqual({
    kind: 'waiting',
    progress: 'still running: php (pid 4711, 34 s) of supervisor.service on web1',
  });
});

test.each([
  ['[program:worker]\n[program:mail]\n', 'mail'],
  ['[group:worker]\nprograms=a, b\n[program:a]\n[program:b]\n[eventlistener:tick]\n', 'tick'],
])('a file that also declares another program blocks: %j', async (text, other) => {
  const fake = new FakeHosts({name: 'web1', groups});
  fake.hosts[0]?.fileTexts.set(file, text);
  expect(await stopSupervisorPrograms.check(lookAt(fake.session.reader, input))).toEqual({
    kind: 'blocked',
    reason: `${file} on web1 also declares ${other}, which the runbook does not name.`,
    hint: 'Name it in the runbook too, or give it a file of its own.',
  });
});

test.each([
  '[program:worker]\n',
  '[group:worker]\nprograms=a,b ; both\n[program:a]\n[program:b]\n',
  '; [program:off]\n[program:worker]\n[program:worker-two]\n',
])('a file that declares only named programs does not block: %j', async (text) => {
  const fake = new FakeHosts({name: 'web1', groups});
  fake.hosts[0]?.fileTexts.set(file, text);
  const programs = text.includes('two') ? [{group: 'worker-two', file}] : [];
  const wanted = {...input, programs: [...input.programs, ...programs]};
  const verdict = await stopSupervisorPrograms.check(lookAt(fake.session.reader, wanted, true));
  expect(verdict.kind).toBe('pending');
});
