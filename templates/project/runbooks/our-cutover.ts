import {extendRunbook} from 'switcharoo';
import base from 'switcharoo/runbooks/bare-metal-to-ecs';
import {z} from 'zod';
import {postNotice} from '../steps/post-notice.ts';

/** The shipped runbook, with what is our own. `npx switcharoo document our-cutover` prints all of it. */
export default extendRunbook(base, {
  name: 'our-cutover',
  params: z.object({notice: z.string()}),
}).before('go', (runbook) =>
  runbook.step('notice', postNotice, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({text: params.notice}),
  }),
);
