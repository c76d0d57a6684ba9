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
