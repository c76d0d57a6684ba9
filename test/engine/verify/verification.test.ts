import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {verifyRunbook} from '../../../src/engine/verify/verification.ts';
import {loadRunbook, runbookWith} from '../../../src/inventory/runbook-file.ts';
import {StateFolder} from '../../../src/journal/state-folder.ts';
import {approve} from '../../../src/model/approve.ts';
import {Runbook} from '../../../src/model/runbook.ts';
import {sampleParams} from '../../../src/run/sample-params.ts';
import {refuseUnsafe, verify} from '../../../src/run/verify.ts';
import {byHand} from '../../../steps/operator/index.ts';
import {bareMetal} from './bare-metal.ts';
import {added, all, entryIn, headed, moved, skippable, without} from './edits.ts';
import {faults} from './faults.ts';
import {runbookFaults} from './runbook-faults.ts';

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

test.each(runbookFaults)('finds $name: $finds', async ({runbook, edit, finds, because}) => {
  const {counterexamples} = await verifyRunbook(edit(runbook), {});
  expect(counterexamples).toContainEqual(
    expect.objectContaining({property: finds, because: expect.stringMatching(because)}),
  );
});

test('finds automatic scaling that is still suspended at the end: not restored, or restored by an entry that may be skipped', async () => {
  const loaded = await loadRunbook('deploy-service');
  const params = sampleParams(loaded.runbook.head.params, {});
  const deploy = runbookWith(loaded, params);
  const restores = deploy.entries
    .map(({id}: {id: string}) => id)
    .filter((id: string) => id.startsWith('restore-scaling'));
  for (const edit of [without(...restores), all(...restores.map(skippable))]) {
    const {counterexamples} = await verifyRunbook(edit(deploy), params);
    expect(counterexamples).toMatchObject([{property: 'scaling-suspended'}]);
  }
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

test('a person may say that what is to be done by hand is not done: nobody may wait for that in an outage', async () => {
  const own = {id: 'lb', unit: byHand, timeoutMs: 60_000, after: [], requires: []};
  const lb = {...entryIn(bareMetal, 'restore-ttl'), ...own, input: noInput};
  const before = await verifyRunbook(added(lb, 'freeze')(bareMetal), {});
  expect(before.counterexamples.map(({because}) => because)).toEqual([
    "lb waits for a person's answer, while traffic goes to the old side, whose application webHosts does not run.",
  ]);
  const late = added(lb, 'point-of-no-return');
  const edited = all(moved('point-of-no-return', 'lb'))(late(bareMetal));
  expect((await verifyRunbook(edited, {})).counterexamples).toContainEqual(
    expect.objectContaining({
      property: 'early-point-of-no-return',
      steps: expect.arrayContaining(['you answer no at lb']),
    }),
  );
});

test('an approval of other people may be waited for before the outage, and not in it', async () => {
  const asked = {question: 'Freeze?', details: [], by: 'dba', of: 1, validForMs: 60_000};
  const own = {id: 'dba-agrees', unit: approve, after: [], requires: [], input: () => asked};
  const approval = {by: 'dba', of: 1, validForMs: 60_000, details: ''};
  const agrees = {...entryIn(bareMetal, 'go'), ...own, approval};
  const early = await verifyRunbook(added(agrees, 'lower-ttl')(bareMetal), {});
  expect(early.counterexamples).toEqual([]);
  const late = await verifyRunbook(added(agrees, 'freeze')(bareMetal), {});
  expect(late.counterexamples.map(({because}) => because)).toContain(
    "dba-agrees waits for a person's answer, while traffic goes to the old side, whose application webHosts does not run.",
  );
});

const noInput = () => ({does: '', todo: [], owner: {name: '', reach: ''}, takesMinutes: 1});

const own = (unit: object) =>
  new Runbook(
    bareMetal.head,
    [...bareMetal.items, {...entryIn(bareMetal, 'restore-ttl'), id: 'own', unit}] as never,
    '',
  );

test('effects that depend on the input change writes too: the sides are missing', async () => {
  const {sides: _sides, ...head} = bareMetal.head;
  const {effects, ...unit} = entryIn(bareMetal, 'freeze').unit;
  const items = [{...entryIn(bareMetal, 'freeze'), unit: {...unit, effects: () => effects}}];
  await expect(
    refuseUnsafe(new Runbook(head, items as never, ''), {}, 'verify x'),
  ).rejects.toMatchObject({problem: {code: 'sides-missing'}});
});

test('an entry that does not declare its effects is named, one that has none is not', async () => {
  const {effects: _effects, ...silent} = entryIn(bareMetal, 'restore-ttl').unit;
  const few = (unit: object) => {
    const {head, items} = own(unit);
    return new Runbook(head, items.slice(-1), '');
  };
  expect(await verifyRunbook(few(silent), {})).toMatchObject({undeclared: ['own']});
  expect(await verifyRunbook(few({...silent, effects: []}), {})).not.toHaveProperty('undeclared');
});
