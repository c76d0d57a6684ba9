import {defineRunbook, defineStep} from 'switcharoo';
import {z} from 'zod';
import {maintenancePage, showMaintenancePage} from '../../docs/examples/show-maintenance-page.ts';

const connections = (are: 'held' | 'released') =>
  defineStep({
    ...showMaintenancePage,
    name: `site.${are}`,
    effects: [{fact: 'connections', of: 'page', are}],
  });

const show = (text: string) => ({on: {page: 'shopPage'} as const, input: () => ({text})});

/** Visitors wait from its hold on, before its outage begins. */
export default defineRunbook({
  name: 'hold-and-close',
  summary: 'Hold visitors, and close the shop.',
  params: z.object({pageText: z.string()}),
  targets: {shopPage: maintenancePage},
  outage: {from: ['close'], until: ['open']},
})
  .step('announce', showMaintenancePage, show('soon'))
  .step('hold', connections('held'), show('wait'))
  .step('close', showMaintenancePage, show('closed'))
  .step('open', showMaintenancePage, show('open'))
  .step('release', connections('released'), show('welcome'));
