import {extendRunbook} from 'switcharoo';
import {cloudWatch, watchMetrics} from 'switcharoo/cloudwatch';
import {hostsCommand} from 'switcharoo/hosts';
import {byHand, heardFrom} from 'switcharoo/operator';
import base from 'switcharoo/runbooks/bare-metal-to-ecs';
import {httpAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';

export default extendRunbook(base, {
  name: 'our-cutover',
  params: z.object({helpUrl: z.url(), helpText: z.string(), balancerArn: z.string()}),
  targets: {help: webSite, metrics: cloudWatch},
})
  .before('go', (runbook) =>
    runbook
      .step('importer', hostsCommand, {
        on: {hosts: 'webHosts'},
        input: () => ({
          does: 'pause the importer',
          undoes: 'let the importer run again',
          check: 'test -e "$ROOT$FLAG"',
          do: ': > "$ROOT$FLAG"',
          undo: 'rm -f -- "$ROOT$FLAG"',
          values: {FLAG: '/etc/importer-paused'},
        }),
      })
      .step('firewall', byHand, {
        on: {},
        input: ({params}) => ({
          does: 'open the firewall of the partner for the new addresses',
          todo: [`In the portal, allow ${params.newAddresses.join(', ')} to port 443.`],
          undoes: 'close the firewall of the partner for the new addresses',
          undo: [`In the portal, remove ${params.newAddresses.join(', ')}.`],
          owner: {name: 'Network team', reach: '+49 30 1234, at any hour'},
          takesMinutes: 10,
        }),
      })
      .step('partner-ready', heardFrom, {
        on: {},
        input: () => ({
          question: 'Has the partner confirmed by phone that a request from there was answered?',
          owner: {name: 'Partner, service desk', reach: '+49 40 5678'},
        }),
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
