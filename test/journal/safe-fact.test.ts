import {describe, expect, test} from 'vitest';
import {Redactor} from '../../src/journal/redactor.ts';
import {safeFact} from '../../src/journal/safe-fact.ts';
import type {Fact} from '../../src/model/journal.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {runStarted} from '../model/journal-of.ts';

// A password that equals the name of the application is bad, and common in staging.
const redactor = new Redactor();
redactor.add('hunter');
redactor.add('entry');

describe('a fact on its way to the journal', () => {
  test('keeps the names by which the run finds its way back, and loses the secret from every text', () => {
    const does = {way: 'forward', target: 'hunter-db', does: 'stop hunter'} as const;
    expect(safeFact({kind: 'action-intended', entry: 'stop-hunter', ...does}, redactor)).toEqual({
      kind: 'action-intended',
      entry: 'stop-hunter',
      way: 'forward',
      target: 'hunter-db',
      does: 'stop [redacted]',
    });
    const started = runStarted({operator: {user: 'hunter', host: 'bastion', pid: 1}});
    expect(safeFact(started, redactor)).toEqual({
      ...started,
      operator: {user: '[redacted]', host: 'bastion', pid: 1},
    });
  });

  test('loses it from the words of a problem, and keeps its permanent name', () => {
    const problem = {code: 'hunter-closed', message: 'No hunter.', hint: 'Open the hunter.'};
    expect(safeFact({kind: 'entry-failed', entry: 'stop-hunter', problem}, redactor)).toEqual({
      kind: 'entry-failed',
      entry: 'stop-hunter',
      problem: {code: 'hunter-closed', message: 'No [redacted].', hint: 'Open the [redacted].'},
    });
  });

  const handedBack: readonly {readonly name: string; readonly fact: Fact; readonly says: string}[] =
    [
      {
        name: 'a before-image: another unit would be started on the way back',
        fact: {kind: 'before', entry: 'stop', before: {unit: 'hunter.service'}, differences: []},
        says: 'The before-image of stop would put the text of a secret into the journal.',
      },
      {
        name: 'an output: a later step would be given another one',
        fact: {
          kind: 'entry-done',
          entry: 'stop',
          output: {file: 'hunter.000004'},
          changedByRun: true,
        },
        says: 'The output of stop would put the text of a secret into the journal.',
      },
      {
        name: 'the parameters: the run would be resumed with others',
        fact: runStarted({params: {siteName: 'hunter.example'}}),
        says: 'The parameters would put the text of a secret into the journal.',
      },
    ];

  for (const {name, fact, says} of handedBack) {
    test(`is refused rather than altered when it is handed back later: ${name}`, () => {
      expect(refusalOf(fact)).toMatchObject({code: 'secret-in-journal', message: says});
    });
  }

  test('is refused when it could never be read back', () => {
    const odd = {kind: 'before', entry: 'x', before: {}, differences: [{what: 'x', is: 5}]};
    expect(refusalOf(odd as unknown as Fact)).toMatchObject({
      code: 'journal-entry-malformed',
      message:
        'An entry of kind before is incomplete, could not be read back, and was not written.',
    });
  });
});

function refusalOf(fact: Fact) {
  try {
    safeFact(fact, redactor);
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('it was not refused');
}
