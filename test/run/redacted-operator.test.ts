import {expect, test} from 'vitest';
import type {Operator} from '../../src/engine/operator.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {redactedOperator} from '../../src/run/redacted-operator.ts';

test('the menu of a failure shows no secret that a server quoted', async () => {
  const shown: unknown[] = [];
  const person: Operator = {
    name: 'ada',
    ask: async () => ({answer: 'no', by: 'ada'}),
    decide: async ({problem}) => {
      shown.push(problem);
      return {choice: 'stop', by: 'ada'};
    },
  };
  const redactor = new Redactor();
  redactor.add('s3cret-Pa$$');
  const operator = redactedOperator(person, redactor);
  const problem = {
    code: 'action-failed',
    message: "near 's3cret-Pa$$' at line 1",
    hint: 'Check it.',
  };
  await operator.decide(
    {
      entry: 'grant',
      problem,
      changesInPlace: [],
      reversibleTo: [],
      skip: {allowed: false, because: 'it guards data'},
      skippedBefore: [],
    },
    new AbortController().signal,
  );
  expect(shown).toEqual([{...problem, message: "near '[redacted]' at line 1"}]);
});

test('nor do the facts of a menu or of a question', async () => {
  const shown: unknown[] = [];
  const person: Operator = {
    name: 'ada',
    ask: async (question) => {
      question.onAsked?.('ada');
      shown.push(await question.facts?.(), question.head);
      return {answer: 'no', by: 'ada'};
    },
    decide: async ({facts}) => {
      shown.push(await facts?.());
      return {choice: 'stop', by: 'ada'};
    },
  };
  const redactor = new Redactor();
  redactor.add('s3cret-Pa$$');
  const operator = redactedOperator(person, redactor);
  const facts = async () => ["denied for 's3cret-Pa$$'"];
  const signal = new AbortController().signal;
  const heads = ['before', 'after'];
  await operator.ask(
    {
      ...{about: 'confirmation', entry: 'go', question: 'Go?', details: [], facts},
      onAsked: () => heads.shift(),
      get head() {
        return heads[0] ?? '';
      },
    },
    signal,
  );
  const problem = {code: 'jammed', message: 'The valve is jammed.', hint: 'Oil it.'};
  const skip = {allowed: false, because: 'it guards data'} as const;
  await operator.decide(
    {
      ...{entry: 'open', problem, changesInPlace: [], reversibleTo: [], skippedBefore: []},
      skip,
      facts,
    },
    signal,
  );
  expect(shown).toEqual([["denied for '[redacted]'"], 'after', ["denied for '[redacted]'"]]);
});
