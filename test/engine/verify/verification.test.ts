import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {verifyRunbook} from '../../../src/engine/verify/verification.ts';
import {StateFolder} from '../../../src/journal/state-folder.ts';
import {verify} from '../../../src/run/verify.ts';
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
