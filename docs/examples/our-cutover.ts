import {extendRunbook} from 'switcharoo';
import base from 'switcharoo/runbooks/bare-metal-to-ecs';
import {httpAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';

export default extendRunbook(base, {
  name: 'our-cutover',
  params: z.object({helpUrl: z.url(), helpText: z.string()}),
  targets: {help: webSite},
})
  .before('go', (runbook) =>
    runbook.confirm('partner-ready', {
      question: 'Has the partner confirmed the new addresses by phone?',
      details: ({params}) => [`The new addresses are ${params.newAddresses.join(', ')}.`],
    }),
  )
  .after('smoke', (runbook) =>
    runbook.step('help', httpAnswers, {
      on: {site: 'help'},
      input: ({params}) => ({url: params.helpUrl, includes: params.helpText}),
      after: ['smoke'],
    }),
  )
  .replace('smoke', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText, passes: 10}),
    timeoutMs: 5 * 60_000,
  });
