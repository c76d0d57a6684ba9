import {defineGate, defineRunbook, done} from 'switcharoo';
import {z} from 'zod';
import {maintenancePage, showMaintenancePage} from '../../docs/examples/show-maintenance-page.ts';

/** Passes, and its answer counts for an hour. */
const announced = defineGate({
  name: 'example.announced',
  summary: 'Check that visitors were told.',
  targets: {page: maintenancePage},
  input: z.object({}),
  output: z.object({}),
  needs: {page: []},
  freshForMs: 3_600_000,
  timeoutMs: 1_000,
  check: async () => done({}),
});

export default defineRunbook({
  name: 'announced',
  summary: 'Close the shop once visitors were told.',
  params: z.object({pageText: z.string()}),
  targets: {shopPage: maintenancePage},
  outage: {from: ['close'], until: ['close-longer']},
})
  .phase('Close')
  .step('announced', announced, {on: {page: 'shopPage'}, input: () => ({})})
  .checkpoint('told')
  .step('close', showMaintenancePage, {
    on: {page: 'shopPage'},
    input: ({params}) => ({text: params.pageText}),
  })
  .checkpoint('closed')
  .step('close-longer', showMaintenancePage, {
    on: {page: 'shopPage'},
    input: () => ({text: 'Back at seven.'}),
  });
