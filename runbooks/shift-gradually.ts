import {defineRunbook} from 'switcharoo';
import {dnsView, propagated} from 'switcharoo/dns';
import {hostedZone, shiftWeight} from 'switcharoo/route53';
import {httpAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';
import {siteNames} from './fragments/names.ts';

const params = z
  .object({
    ...siteNames.pick({siteName: true, otherNames: true, newAddresses: true}).shape,
    /** Instead of fixed addresses: the load balancer, by its DNS name and the zone id of that. */
    alias: z.object({hostedZoneId: z.string(), dnsName: z.string()}).optional(),
    /** How many of a hundred visitors go first. */
    canaryPercent: z.coerce.number().int().min(1).max(99).default(5),
    /** A page that only the new side serves, reached without DNS. */
    newSideUrl: z.url(),
    smokeText: z.string(),
  })
  .refine(({newAddresses, alias}) => newAddresses.length > 0 !== (alias !== undefined), {
    message: 'give either newAddresses or alias',
  });
type Params = z.output<typeof params>;

/** The new side of every name: an address that a name does not have cannot be shifted. */
const newSide = ({siteName, otherNames, newAddresses, alias}: Params) =>
  [siteName, ...otherNames].map((name) => ({
    name,
    type: 'A',
    ...(alias === undefined ? {values: newAddresses} : {alias}),
  }));

export default defineRunbook({
  name: 'shift-gradually',
  summary:
    'Send a few visitors to the new addresses first, then half of all visitors, then everyone.',
  params,
  targets: {zone: hostedZone, dns: dnsView, site: webSite},
})
  .phase('Canary')
  .step('new-side-answers', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.newSideUrl, includes: params.smokeText, passes: 3}),
    neverSkip: 'Only this gate proves that the new side answers before visitors are sent there.',
  })
  .step('canary', shiftWeight, {
    on: {zone: 'zone'},
    input: ({params}) => ({
      percent: params.canaryPercent,
      records: newSide(params),
    }),
    after: ['new-side-answers'],
  })
  .step('still-answers', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.newSideUrl, includes: params.smokeText, passes: 3}),
    after: ['canary'],
    neverSkip: 'Only this gate proves that the new side answers with visitors on it.',
  })
  .confirm('half', {
    question: 'Send half of the visitors to the new side?',
    details: ({params}) => [
      `${params.canaryPercent} % of the visitors have been sent there since the canary.`,
    ],
    after: ['still-answers'],
  })
  .checkpoint('canary-in-place')

  .phase('Everyone')
  .step('half-of-them', shiftWeight, {
    on: {zone: 'zone'},
    input: ({params}) => ({
      percent: 50,
      records: newSide(params),
    }),
    after: ['half'],
  })
  .step('half-answers', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.newSideUrl, includes: params.smokeText, passes: 3}),
    after: ['half-of-them'],
    neverSkip: 'Only this gate proves that the new side answers with half of the visitors on it.',
  })
  .confirm('all', {
    question: 'Send all visitors to the new side?',
    after: ['half-answers'],
  })
  .step('all-of-them', shiftWeight, {
    on: {zone: 'zone'},
    input: ({params}) => ({
      percent: 100,
      records: newSide(params),
    }),
    after: ['all'],
  })
  .step('propagated', propagated, {
    on: {dns: 'dns'},
    input: ({params}) => ({
      records: newSide(params).map(({name, type, ...side}) =>
        'alias' in side ? {name, type, sameAs: side.alias.dnsName} : {name, type, ...side},
      ),
    }),
    after: ['all-of-them'],
  });
