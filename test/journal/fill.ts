import {createJournal} from '../../src/journal/file-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {runStarted} from '../model/journal-of.ts';

// A program that appends to a journal until it cannot, and then once more.
const [path = ''] = process.argv.slice(2);
const lock = {assertHeld: () => {}, release: () => {}};
const journal = createJournal(path, {now: () => new Date(), lock, redactor: new Redactor()});
journal.append(runStarted());
let appended = 1;
const problems: unknown[] = [];
while (problems.length < 2) {
  try {
    journal.append({kind: 'entry-started', entry: 'x'.repeat(100)});
    appended += 1;
  } catch (error) {
    problems.push(error instanceof SwitcharooError ? error.problem : String(error));
  }
}
console.log(JSON.stringify({appended, problem: problems[0], again: problems[1]}));
