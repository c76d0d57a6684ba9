import {defineRunbook} from 'switcharoo';
import {byHand} from 'switcharoo/operator';
import {z} from 'zod';

/** What only a person does, and nothing else. */
export default defineRunbook({
  name: 'by-hand',
  summary: 'Have web1 taken out of the load balancer.',
  params: z.object({}),
  targets: {},
}).step('lb', byHand, {
  on: {},
  input: () => ({
    does: 'take web1 out',
    todo: ['Open a ticket.'],
    undoes: 'put web1 in',
    undo: ['Answer the ticket.'],
    owner: {name: 'Hosting', reach: '+49 30 1234'},
    takesMinutes: 10,
  }),
});
