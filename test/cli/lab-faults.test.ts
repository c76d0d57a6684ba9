import {afterEach, beforeEach, expect, test} from 'vitest';
import {findLab} from '../../lab/client.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

test('a rehearsal heals what it broke and goes on, and a person breaks and heals the lab by name', async () => {
  const words = ['rehearse', 'deploy-service', '--clients', '1', '--keep', '--json'];
  const ended = await desk.run(...words, '--fault', 'register:service=aws');
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const report = lastDocument(ended);
  expect(report).toMatchObject({outcome: 'done', writes: {lost: 0, duplicated: 0}});
  expect(report.entries.find(({id}: {id: string}) => id === 'register:service')).toMatchObject({
    failures: [expect.objectContaining({message: expect.stringContaining('AWS does not answer')})],
  });

  const said = async (...rest: readonly string[]) => {
    const {code, stdout, stderr} = await desk.run('lab', ...rest);
    return `${code} ${stdout}${stderr}`;
  };
  expect(await said('break', 'crash')).toMatch(/^0 Now, the containers of each new task exit/);
  expect(await said('break', 'crash')).toMatch(/^0 As before, the containers/);
  expect(await said('slow', 'aws')).toMatch(/^0 Now, AWS takes 2 s longer for each call\./);
  // Nothing replicates to Aurora yet: it is said, and does not stand in the way of healing the rest.
  expect(await said('slow', 'replication')).toMatch(/^3 .*replicates from no other now/s);
  expect(await said('break', 'auror')).toMatch(/^2 .*Did you mean aurora\?/s);
  expect(await said('status')).toMatch(/faults +crash .*\n +slow-aws +AWS takes 2 s longer/);
  expect(await said('break', 'source')).toMatch(/^0 Now, the source does not run/);
  expect(await said('status')).toMatch(/source +does not answer/);
  expect(await said('heal')).toBe('0 Healed: source, slow-aws, crash.\n');
  expect(await said('status')).toMatch(/source +accepts writes/);
  expect(await said('heal')).toBe('0 Nothing was broken.\n');
  const lab = findLab(desk.stateFolder);
  expect((await lab?.status())?.faults).toEqual([]);
  // In a drill nobody is told, and anybody may heal.
  await lab?.cause('dns', {hidden: true});
  expect((await lab?.status())?.faults).toEqual([]);
  expect(await lab?.lasts('dns')).toBe(true);
  expect(await lab?.heal()).toEqual(['dns']);
  expect(await lab?.lasts('dns')).toBe(false);
});

test('a fault at an entry that the runbook does not have is refused before anything is changed', async () => {
  const unknown = await desk.run('rehearse', 'deploy-service', '--fault', 'deploy=crsh', '--json');
  expect(unknown.code).toBe(2);
  expect(lastDocument(unknown)).toMatchObject({problems: [{code: 'lab-fault-unknown'}]});
});
