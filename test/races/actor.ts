import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {createJournal, openJournal} from '../../src/journal/file-journal.ts';
import {acquireLock, overtakeLock} from '../../src/journal/lock.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {runStarted} from '../model/journal-of.ts';
import type {Asked, Said} from './race.ts';

// One operator's process: `node --import tsx test/races/actor.ts`, told over IPC what to do. What it does to the
// target is a
// line in a file, with its pid.
const operator = {user: 'ada', host: 'bastion', pid: process.pid};
const now = () => new Date();

process.on('message', (asked: Asked) => {
  // Both begin in the same millisecond.
  while (Date.now() < asked.atMs) {}
  tell(attempt(asked));
});
tell({kind: 'ready'});

function tell(said: Said): void {
  process.send?.(said);
}

function attempt(asked: Asked): Said {
  try {
    act(asked);
    return {kind: 'acted'};
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return {kind: 'refused', code: error.problem.code, message: error.message};
    }
    throw error;
  }
}

/** As the command line does it: lock, journal, and for every write an intent before it. */
function act({how, folder, scope, run, actions, seen}: Asked): void {
  const request = {folder: join(folder, 'locks'), scope, run, operator, now};
  const {lock} = how === 'overtake' ? overtakeLock(request, seen) : acquireLock(request);
  const path = join(folder, run, 'journal.jsonl');
  const around = {now, lock, redactor: new Redactor()};
  const journal = how === 'begin' ? createJournal(path, around) : openJournal(path, around);
  if (how === 'begin') {
    journal.append(runStarted({run}));
  }
  const words = {entry: 'e', way: 'forward', target: 't', does: 'write a line'} as const;
  for (let action = 0; action < actions; action += 1) {
    journal.append({kind: 'action-intended', ...words});
    appendFileSync(join(folder, 'effects'), `${process.pid}\n`);
    journal.append({kind: 'action-performed', ...words});
  }
  journal.close();
  // The lock stays taken, as in a run that goes on: whoever comes later must not get it.
}
