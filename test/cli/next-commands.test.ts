import {expect, test} from 'vitest';
import {openApp} from '../../src/cli/app.ts';
import {commandsAfter, nextCommands} from '../../src/cli/next-commands.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import {MemoryJournal} from '../../src/testing/memory-journal.ts';
import {runStarted} from '../model/journal-of.ts';

const problem = (code: string) => ({code, message: 'Made up.', hint: 'None.'});

test.each([
  ['lock-lost', ['log']],
  ['run-continued-elsewhere', ['log']],
  ['store-unreachable', ['resume']],
])('beside %s, the commands are %j', (code, commands) => {
  const journal = new MemoryJournal();
  journal.append(runStarted({run: '20261127-030000-0001'}));
  journal.append({kind: 'run-paused', problem: problem(code)});
  const progress = progressOf(journal.entries) as Progress;
  const next = commandsAfter(openApp({json: false}), progress, [problem(code)]);
  expect(
    next.map(({command}) => command.split(' ').find((word) => /^(log|resume)$/.test(word))),
  ).toEqual(commands);
});

test('a take-over that was not finished is finished first: a resume would be refused', () => {
  const journal = new MemoryJournal();
  const {operator: from} = journal.append(runStarted({run: '20261127-030000-0001'})) as never;
  const operator = {user: 'kim', host: 'desk', pid: 42};
  const notBeforeUtc = '2026-11-27T03:00:00.000Z';
  journal.append({kind: 'lock-taken-over', operator, from, notBeforeUtc} as never);
  const progress = progressOf(journal.entries) as Progress;
  expect(nextCommands(openApp({json: false}), progress)).toMatchObject([
    {command: expect.stringContaining('take-over 20261127-030000-0001 -i INVENTORY')},
  ]);
});
