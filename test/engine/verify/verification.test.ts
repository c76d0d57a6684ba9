import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import bareMetal from '../../../runbooks/bare-metal-to-ecs.ts';
import {verifyRunbook} from '../../../src/engine/verify/verification.ts';
import {StateFolder} from '../../../src/journal/state-folder.ts';
import {Runbook} from '../../../src/model/runbook.ts';
import {refuseUnsafe, verify} from '../../../src/run/verify.ts';
import {headed} from './edits.ts';
import {faults} from './faults.ts';

const host = {state: new StateFolder('.switcharoo')};
const runbooks = readdirSync('runbooks').filter((file) => file.endsWith('.ts'));

test.each(runbooks)('%s has no counterexample', async (file) => {
  const {states, counterexamples} = await verify(host, {runbook: `runbooks/${file}`, params: {}});
  expect(counterexamples).toEqual([]);
  expect(states).toBeGreaterThan(1);
});

test.each(faults)('finds $name: $finds', async ({runbook, edit, finds}) => {
  const {counterexamples} = await verifyRunbook(edit(runbook), {});
  expect(counterexamples.map(({property}) => property)).toContain(finds);
});

test('a protected inventory refuses a runbook with a counterexample, and one that hides its sides', async () => {
  const unsafe = headed({outage: {from: ['freeze'], until: ['open-writes', 'swap'], longestMs: 1}});
  await expect(refuseUnsafe(unsafe(bareMetal), {}, 'verify x')).rejects.toMatchObject({
    problem: {code: 'runbook-unsafe', hint: {command: 'verify x'}},
  });
  const {sides: _sides, ...head} = bareMetal.head;
  await expect(
    refuseUnsafe(new Runbook(head, bareMetal.items, ''), {}, 'verify x'),
  ).rejects.toMatchObject({problem: {code: 'sides-missing'}});
});
