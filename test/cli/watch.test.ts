import {afterEach, beforeEach, expect, test} from 'vitest';
import {runStarted} from '../model/journal-of.ts';
import {JournalFile} from './journal-file.ts';
import {type Desk, openDesk} from './switcharoo.ts';

const run = '20260301-030000-abcd';
const ada = {user: 'ada', host: 'bastion', pid: 1};
const question = 'Start the cutover?';

let desk: Desk;
let journal: JournalFile;

beforeEach(() => {
  desk = openDesk();
  journal = new JournalFile(desk.stateFolder, run);
  const digest = {id: 'go', phase: 'Cut over', unit: 'operator.confirm', digest: 'd'};
  const {runbook} = runStarted();
  const outage = {from: ['go'], until: ['never'], reversibleTo: [null]};
  journal.add(
    runStarted({run, runbook: {...runbook, entries: [digest], outage}}),
    {kind: 'entry-started', entry: 'go'},
    {kind: 'asked', entry: 'go', about: 'confirmation', question, details: [], person: 'ada'},
  );
});

afterEach(async () => {
  await desk.clear();
});

test('log --follow prints what was there, then each entry, through a torn line and a pause, to the end', async () => {
  const following = desk.start('log', '--follow');
  await following.said(`ada is asked: ${question}`);

  const line = journal.lineWith({kind: 'run-paused', until: 'go'});
  journal.write(line.slice(0, 40));
  await new Promise((resolve) => setTimeout(resolve, 700));
  journal.write(line.slice(40));
  await following.said('paused at go');

  journal.add({kind: 'run-resumed', operator: ada, accepted: []});
  await following.said('resumed by ada@bastion');
  journal.add({kind: 'run-done'});

  const {code, stdout, stderr} = await following.ended;
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  expect(stdout.match(/^#\d+/gm)).toEqual(['#0', '#1', '#2', '#3', '#4', '#5']);
  expect(stdout.match(/2026-03-01 \(UTC\)/g)).toHaveLength(1);
});

test('log --follow --json prints each entry as a document, until it is interrupted', async () => {
  const following = desk.start('log', '--follow', '--json');
  await following.said('"seq":2');
  journal.add({kind: 'run-paused', until: 'go'});
  await following.said('"seq":3');
  following.child.kill('SIGINT');

  const {code, stdout} = await following.ended;
  expect(code).toBe(0);
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  expect(kinds).toEqual(['run-started', 'entry-started', 'asked', 'run-paused']);
});

test.for([['status', '--watch'], ['watch']])(
  '%o without a terminal prints the status again after each change',
  async (words) => {
    const watching = desk.start(...words);
    await watching.said('without an answer: Start the cutover?');
    journal.add({kind: 'run-paused', until: 'go'});
    await watching.said('‖ paused');
    // Nothing changes, so nothing is printed.
    await new Promise((resolve) => setTimeout(resolve, 2200));
    watching.child.kill('SIGINT');

    const {code, stdout, stderr} = await watching.ended;
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    expect(stdout.match(/^state /gm)).toHaveLength(2);
  },
);

test('status --json names the open question and the outage', async () => {
  const action = {entry: 'go', way: 'forward', target: 'db1', does: 'freeze'} as const;
  journal.add({kind: 'action-intended', ...action});
  const {stdout} = await desk.run('status', '--json', '--offline');
  expect(JSON.parse(stdout)).toMatchObject({
    questions: [
      {
        entry: 'go',
        about: 'confirmation',
        question,
        details: [],
        person: 'ada',
        sinceUtc: '2026-03-01T03:00:02.000Z',
      },
    ],
    outage: {ms: expect.any(Number), sinceUtc: '2026-03-01T03:00:03.000Z'},
  });
});
