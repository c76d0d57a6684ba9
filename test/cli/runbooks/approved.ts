import {defineRunbook} from 'switcharoo';
import {z} from 'zod';

/** What only other people open, and nothing else. */
export default defineRunbook({
  name: 'approved',
  summary: 'Wait for the people of the database.',
  params: z.object({}),
  targets: {},
})
  .phase('Ask')
  .approve('dba-agrees', {question: 'Freeze writes now?', by: 'dba'})
  .confirm('go', {question: 'Go?'});
