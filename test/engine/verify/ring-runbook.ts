import {defineRunbook} from 'switcharoo';
import {auroraCluster, openWritesInRing, replicateFrom, takeRingDown} from 'switcharoo/aurora';
import {forwardTraffic, hostGroup} from 'switcharoo/hosts';
import {
  armRing,
  caughtUp,
  freezeInRing,
  mysqlServer,
  ringIntact,
  ringPossible,
  stillFrozen,
} from 'switcharoo/mysql';
import {httpAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';

/** A cutover with a ring, and nothing beside it: how its entries are bound. */
export default defineRunbook({
  name: 'ring',
  summary: 'Cut the database over in a ring, and forward the traffic to the new side.',
  params: z.object({
    replicaHost: z.string(),
    replicaPort: z.coerce.number().int(),
    seedFile: z.string(),
    seedPosition: z.coerce.number().int(),
    auroraHost: z.string(),
    auroraPort: z.coerce.number().int(),
    newSideUrl: z.url(),
    proxy: z.object({
      file: z.string(),
      text: z.string(),
      unit: z.string(),
      test: z.array(z.string()).min(1),
    }),
  }),
  targets: {
    source: mysqlServer,
    replica: mysqlServer,
    aurora: auroraCluster,
    webHosts: hostGroup,
    site: webSite,
  },
  outage: {from: ['freeze'], until: ['open-writes', 'forward'], longestMs: 60_000},
  sides: {old: {database: 'source'}, new: {database: 'aurora'}},
})
  .phase('Prepare')
  .step('replicate', replicateFrom, {
    on: {aurora: 'aurora', upstream: 'replica'},
    input: ({params}) => ({
      host: params.replicaHost,
      port: params.replicaPort,
      file: params.seedFile,
      position: params.seedPosition,
    }),
  })
  .step('ring-possible', ringPossible, {
    on: {source: 'source', replica: 'replica', aurora: 'aurora'},
    input: () => ({}),
  })
  .step('near', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: () => ({lagMsMax: 2_000}),
    after: ['replicate'],
    timeoutMs: 24 * 3_600_000,
  })
  .step('ring', armRing, {
    on: {source: 'source', replica: 'replica', aurora: 'aurora'},
    input: ({params}) => ({host: params.auroraHost, port: params.auroraPort}),
    after: ['near'],
    requires: ['ring-possible'],
  })
  .step('new-side-answers', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.newSideUrl}),
    neverSkip: 'Only this gate proves that the new side answers before visitors are sent there.',
  })
  .checkpoint('ring-armed')

  .phase('Cut over')
  .confirm('go', {question: 'Start the cutover?', after: ['ring', 'new-side-answers']})
  .step('ring-intact', ringIntact, {
    on: {source: 'source', replica: 'replica', aurora: 'aurora'},
    input: ({outputs}) => outputs.ring,
    requires: ['go'],
  })
  .step('freeze', freezeInRing, {
    on: {source: 'source', aurora: 'aurora'},
    input: () => ({endSessions: false, watchMs: 0}),
    after: ['ring-intact'],
    requires: ['go', 'ring-intact'],
  })
  .step('replica-caught-up', caughtUp, {
    on: {upstream: 'source', replica: 'replica'},
    input: ({outputs}) => ({position: outputs.freeze}),
  })
  .step('aurora-caught-up', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({outputs}) => ({position: outputs['replica-caught-up']}),
  })
  .together('Enable writes on Aurora, and forward the traffic to the new side', (group) =>
    group
      .step('open-writes', openWritesInRing, {
        on: {aurora: 'aurora', source: 'source'},
        input: () => ({endSessions: false}),
        after: ['aurora-caught-up', 'ring'],
        requires: ['ring-intact'],
      })
      .step('forward', forwardTraffic, {
        on: {hosts: 'webHosts'},
        input: ({params}) => params.proxy,
        requires: ['aurora-caught-up'],
      }),
  )
  .step('one-side-only', stillFrozen, {
    on: {source: 'source'},
    input: () => ({}),
    after: ['open-writes'],
  })
  .confirm('accept', {question: 'Accept the cutover?', after: ['one-side-only']})
  .checkpoint('cut-over')

  .phase('Settle')
  .step('reverse-caught-up', caughtUp, {
    on: {upstream: 'aurora', replica: 'source'},
    input: () => ({lagMsMax: 2_000}),
    after: ['open-writes'],
  })
  .pointOfNoReturn('Writes on Aurora no longer reach the old source.')
  .step('take-ring-down', takeRingDown, {
    on: {aurora: 'aurora', source: 'source'},
    input: () => ({}),
    after: ['reverse-caught-up'],
  });
