import {defineRunbook} from 'switcharoo';
import {z} from 'zod';
import {maintenancePage, showMaintenancePage} from './show-maintenance-page.ts';

export default defineRunbook({
  name: 'maintenance',
  summary: 'Close the shop for a while.',
  params: z.object({pageText: z.string()}),
  targets: {shopPage: maintenancePage},
})
  .phase('Close')
  .confirm('go', {
    question: 'Close the shop?',
    details: ({params}) => [`Visitors will read: ${params.pageText}`],
  })
  .step('close', showMaintenancePage, {
    on: {page: 'shopPage'},
    input: ({params}) => ({text: params.pageText}),
  })
  .checkpoint('closed');
