import {extendRunbook} from 'switcharoo';
import {cloudWatch, watchMetrics} from 'switcharoo/cloudwatch';
import base from 'switcharoo/runbooks/bare-metal-to-ecs';
import {httpAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';

export default extendRunbook(base, {
  name: 'our-cutover',
  params: z.object({helpUrl: z.url(), helpText: z.string(), balancerArn: z.string()}),
  targets: {help: webSite, metrics: cloudWatch},
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
  .before('accept', (runbook) =>
    runbook.step('watch', watchMetrics, {
      on: {cloudwatch: 'metrics'},
      input: ({params, times}) => ({
        since: times['open-writes'],
        minutes: 10,
        alarmPrefix: 'shop-',
        balancer: {loadBalancer: params.balancerArn, errorPercentMax: 0.5},
      }),
      after: ['propagated'],
    }),
  )
  .replace('smoke', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText, passes: 10}),
    timeoutMs: 5 * 60_000,
  });
