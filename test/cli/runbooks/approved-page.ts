import {defineRunbook} from 'switcharoo';
import {z} from 'zod';
import {
  maintenancePage,
  showMaintenancePage,
} from '../../../docs/examples/show-maintenance-page.ts';

/** Two people agree before anything is sent. */
export default defineRunbook({
  name: 'approved-page',
  summary: 'Show a page once two people have agreed.',
  params: z.object({}),
  targets: {shopPage: maintenancePage},
})
  .phase('Close')
  .approve('dba-agrees', {question: 'Close the shop?', by: 'dba', of: 2})
  .step('close', showMaintenancePage, {
    on: {page: 'shopPage'},
    input: () => ({text: 'Back soon.'}),
  });
