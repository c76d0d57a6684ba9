import {expect, test} from 'vitest';
import {z} from 'zod';
import {confirm} from '../../src/model/confirm.ts';
import {defineFragment, defineRunbook} from '../../src/model/runbook.ts';

const asked = {on: {}, input: () => ({question: 'Go?', details: []})};

test('the entries of a fragment keep their phases, and what follows continues the last of them', () => {
  const fragment = defineFragment({params: z.object({}), targets: {}, earlier: {}}, (runbook) =>
    runbook.phase('Prepare').step('ready', confirm, asked).checkpoint('prepared'),
  );
  const runbook = defineRunbook({name: 'x', summary: 'X.', params: z.object({}), targets: {}})
    .include(fragment)
    .step('near', confirm, asked)
    .phase('Cut over')
    .step('go', confirm, asked);
  expect(
    runbook.items.map((item) => [item.phase, item.kind === 'entry' ? item.id : item.kind]),
  ).toEqual([
    ['Prepare', 'ready'],
    ['Prepare', 'checkpoint'],
    ['Prepare', 'near'],
    ['Cut over', 'go'],
  ]);
});
