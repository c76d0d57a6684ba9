import {describe, expect, test} from 'vitest';
import type {Failure, Operator, Question} from '../../src/engine/operator.ts';
import {flagOperator, operatorWith, rehearsalOperator} from '../../src/run/operators.ts';

const never = new AbortController().signal;

const cutOver: Question = {
  about: 'confirmation',
  entry: 'go',
  question: 'Cut over now?',
  details: ['aurora is 0 bytes behind db1'],
};

const failure: Failure = {
  entry: 'open',
  problem: {code: 'target-unreachable', message: 'aurora refused the connection.', hint: ''},
  changesInPlace: ['freeze: set super_read_only = ON'],
  reversibleTo: [null, 'prepared'],
  skip: {allowed: true, impossible: []},
  skippedBefore: [],
};

describe('without a terminal', () => {
  const about = (question: Partial<Question>): Question => ({...cutOver, ...question});
  const yes = flagOperator({yes: true, lab: false});

  test.each([
    {name: 'the plan', question: about({about: 'plan'}), answer: 'yes'},
    {name: 'a confirmation', question: cutOver, answer: 'yes'},
    {name: 'a reversal', question: about({about: 'reversal'}), answer: 'yes'},
    {name: 'a changed runbook', question: about({about: 'changes'}), answer: 'unasked'},
    {
      name: 'the point of no return',
      question: about({about: 'point-of-no-return'}),
      answer: 'unasked',
    },
    {
      name: 'a word to type',
      question: about({about: 'plan', mustType: 'production'}),
      answer: 'unasked',
    },
    {
      name: 'what a gate could not decide',
      question: about({byPerson: true}),
      answer: 'unasked',
    },
  ])('--yes answers $name: $answer', async ({question, answer}) => {
    expect((await yes.ask(question, never)).answer).toBe(answer);
  });

  test('without a flag nothing is answered', async () => {
    expect(await flagOperator({yes: false, lab: true}).ask(cutOver, never)).toEqual({
      answer: 'unasked',
      by: 'nobody',
    });
  });

  test('a failure stops the run, or reverses to the nearest checkpoint if --on-failure says so', async () => {
    expect([
      await yes.decide(failure, never),
      await flagOperator({yes: true, lab: false, onFailure: 'reverse'}).decide(failure, never),
      await flagOperator({yes: true, lab: false, onFailure: 'reverse'}).decide(
        {...failure, reversibleTo: []},
        never,
      ),
    ]).toEqual([
      {choice: 'stop', by: 'nobody'},
      {choice: 'reverse', to: 'prepared', declared: true, by: '--on-failure'},
      {choice: 'stop', by: '--on-failure'},
    ]);
  });

  test('the approval of a plan can cover its point of no return', async () => {
    const covered = flagOperator({yes: false, lab: false, planCoversNoReturn: true});
    expect([
      await covered.ask(about({about: 'point-of-no-return'}), never),
      await covered.ask(cutOver, never),
    ]).toEqual([
      {answer: 'yes', by: 'the approval of the plan'},
      {answer: 'unasked', by: 'nobody'},
    ]);
  });

  test('a rehearsal says yes to everything, and stops at a failure', async () => {
    const rehearsal = rehearsalOperator();
    expect([
      await rehearsal.ask(about({about: 'point-of-no-return', mustType: 'lab'}), never),
      await rehearsal.decide(failure, never),
    ]).toEqual([
      {answer: 'yes', by: 'rehearsal'},
      {choice: 'stop', by: 'nobody'},
    ]);
  });
});

test('a person who reverses from a menu is asked about its plan, also with --yes in the lab', async () => {
  const person: Operator = {
    name: 'kim',
    ask: async () => ({answer: 'no', by: 'kim'}),
    decide: async () => ({choice: 'reverse', to: null, by: 'kim'}),
  };
  const operator = operatorWith({yes: true, lab: true}, person);
  const reversal: Question = {...cutOver, about: 'reversal', entry: null};
  expect([await operator.ask(reversal, never), await operator.ask(cutOver, never)]).toEqual([
    {answer: 'no', by: 'kim'},
    {answer: 'yes', by: '--yes'},
  ]);
});
