import {blocked, defineGate, defineRunbook} from 'switcharoo';
import {byHand} from 'switcharoo/operator';
import {z} from 'zod';

const neverReady = defineGate({
  name: 'test.never-ready',
  summary: 'Check that the hosting company has answered.',
  targets: {},
  input: z.object({}),
  output: z.object({}),
  needs: {},
  expensive: true,
  timeoutMs: 1_000,
  check: async () => blocked('Nobody answers.', 'Ask again.'),
});

/** Fails behind its first change. */
export default defineRunbook({
  name: 'fails-late',
  summary: 'Have web1 taken out of the load balancer, and check that it is out.',
  params: z.object({}),
  targets: {},
})
  .step('lb', byHand, {
    on: {},
    input: () => ({
      ...{does: 'take web1 out', todo: ['Open a ticket.']},
      ...{undoes: 'put web1 in', undo: ['Answer the ticket.']},
      owner: {name: 'Hosting', reach: '+49 30 1234'},
      takesMinutes: 10,
    }),
  })
  .step('out', neverReady, {on: {}, input: () => ({})});
