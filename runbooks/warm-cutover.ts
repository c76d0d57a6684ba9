import {alsoWritten, defineRunbook} from 'switcharoo';
import {auroraCluster, openWrites, promote} from 'switcharoo/aurora';
import {dnsView, propagated, ttlDrained} from 'switcharoo/dns';
import {deployImage, ecsService} from 'switcharoo/ecs';
import {loadBalancer} from 'switcharoo/elb';
import {
  closePort,
  forwardTraffic,
  hostGroup,
  proxyReady,
  stopCrons,
  stopWebServers,
} from 'switcharoo/hosts';
import {
  caughtUp,
  freezeWrites,
  mysqlServer,
  onlyReplicationWrites,
  replicateBack,
  stillFrozen,
  verifyChanges,
} from 'switcharoo/mysql';
import {hostedZone, swapRecords} from 'switcharoo/route53';
import {httpAnswers, sqlAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';
import {cutoverParams} from './fragments/cutover-params.ts';
import {answersOf, cachedSecondsOf, resolveText, swapOf} from './fragments/names.ts';
import {newSideReady} from './fragments/new-side-ready.ts';
import {prepare} from './fragments/prepare.ts';
import {settle} from './fragments/settle.ts';

export default defineRunbook({
  name: 'warm-cutover',
  summary:
    'Move the shop to Aurora, ECS and Route 53 while reads are answered, where no ring or no hold is possible.',
  params: z.object({
    ...cutoverParams.shape,
    ...prepare.params.shape,
    ...newSideReady.params.shape,
    ...settle.params.shape,
    /** What the new side writes besides the database: `[{what: 'uploads in S3', todo: 'copy them back with …'}]`. */
    alsoWritten,
    /** How the application reaches Aurora, and how the old source does for reverse replication. */
    auroraHost: z.string(),
    auroraPort: z.coerce.number().int(),
  }),
  targets: {
    source: mysqlServer,
    replica: mysqlServer,
    aurora: auroraCluster,
    webHosts: hostGroup,
    dbHost: hostGroup,
    zone: hostedZone,
    dns: dnsView,
    service: ecsService,
    balancer: loadBalancer,
    site: webSite,
  },
  alsoWritten: (params) => params.alsoWritten,
  outage: {
    from: ['freeze'],
    until: ['open-writes'],
    promoted: ['promote'],
    longestMs: 5 * 60_000,
  },
  sides: {
    old: {database: 'source', application: 'webHosts', databaseHosts: 'dbHost'},
    new: {database: 'aurora', application: 'service'},
  },
})
  .include(prepare)
  .checkpoint('replicating')

  .phase('Warm up')
  .step('deploy', deployImage, {
    on: {service: 'service'},
    input: ({params}) => ({
      image: params.image,
      environment: {
        DATABASE_HOST: params.auroraHost,
        DATABASE_PORT: String(params.auroraPort),
      },
      desiredCount: params.tasks,
      steadyMs: params.steadyMs,
    }),
  })
  .step('new-side-answers', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.newSideUrl, includes: params.smokeText, passes: 3}),
    after: ['deploy'],
    neverSkip: 'Only this gate proves that the new side answers before visitors are sent there.',
  })
  .step('ttl-drained', ttlDrained, {
    on: {dns: 'dns'},
    input: ({params, outputs, times}) => ({
      records: outputs['lower-ttl'].records,
      since: times['lower-ttl'],
      marginSeconds: params.ttlMarginSeconds,
    }),
  })
  .include(newSideReady)
  .checkpoint('prepared')

  .phase('Cut over')
  .step('only-replication', onlyReplicationWrites, {
    on: {source: 'source', replica: 'replica', target: 'aurora'},
    input: ({outputs}) => outputs['verify-data'],
  })
  .confirm('go', {
    question: 'Start the cutover?',
    details: ({params}) => [
      resolveText(params),
      `${params.proxyFile} will forward to the same new side.`,
      `${params.image} is running as ${params.tasks} tasks on Aurora at ${params.auroraHost}, which still refuses writes.`,
      'Reads stay available.',
    ],
    after: ['near', 'new-side-answers', 'ttl-drained', 'only-replication', 'certificates'],
  })
  .step('stop-crons', stopCrons, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({users: params.cronUsers, timers: params.cronTimers}),
    requires: ['go'],
  })
  .step('replica-near', caughtUp, {
    on: {upstream: 'source', replica: 'replica'},
    input: ({params}) => ({lagMsMax: params.nearMs}),
    after: ['stop-crons'],
  })
  .step('aurora-near', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({params}) => ({lagMsMax: params.nearMs}),
    after: ['replicate'],
  })
  // Checked before the freeze: afterwards there is no time for it.
  .step('proxy-ready', proxyReady, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({file: params.proxyFile, unit: params.proxyUnit, test: params.proxyTest}),
  })
  // From here until 'open-writes' nobody can write. Readers must not notice it, so no session is ended.
  .step('freeze', freezeWrites, {
    on: {source: 'source'},
    input: () => ({endSessions: false, watchMs: 0}),
    requires: ['go', 'stop-crons', 'replica-near', 'aurora-near', 'proxy-ready'],
  })
  .step('replica-caught-up', caughtUp, {
    on: {upstream: 'source', replica: 'replica'},
    input: ({outputs}) => ({position: outputs.freeze}),
  })
  .step('aurora-caught-up', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({outputs}) => ({position: outputs['replica-caught-up']}),
  })
  .step('source-unchanged', stillFrozen, {
    on: {source: 'source'},
    input: ({outputs}) => ({position: outputs.freeze}),
    after: ['aurora-caught-up'],
  })
  .step('promote', promote, {
    on: {aurora: 'aurora', upstream: 'replica'},
    input: ({outputs}) => ({upstreamAt: outputs['replica-caught-up']}),
    after: ['source-unchanged'],
  })
  // Aurora has everything now, so a client that reaches it reads the last write.
  .together('Start reverse replication, and forward the traffic to the new side', (group) =>
    group
      .step('forward', forwardTraffic, {
        on: {hosts: 'webHosts'},
        input: ({params, outputs}) => ({
          file: params.proxyFile,
          text: params.proxyToNewSide,
          unit: params.proxyUnit,
          test: params.proxyTest,
          ready: outputs['proxy-ready'],
        }),
        after: ['proxy-ready'],
        requires: ['promote'],
      })
      .step('reverse-replication', replicateBack, {
        on: {replica: 'source', source: 'aurora'},
        input: ({params, outputs}) => ({
          host: params.auroraHost,
          port: params.auroraPort,
          ...outputs.promote,
          frozenAt: outputs.freeze,
        }),
      }),
  )
  // A proxy reloads a moment after the command. With writes open before, one proxy would serve newer data than the
  // other.
  .step('forwarded', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText}),
    after: ['forward'],
    neverSkip:
      'Only this gate proves that every proxy sends traffic to the new side before writes open.',
  })
  .step('still-frozen', stillFrozen, {
    on: {source: 'source'},
    input: () => ({}),
    after: ['reverse-replication'],
  })
  .step('open-writes', openWrites, {
    on: {aurora: 'aurora'},
    input: () => ({endSessions: false}),
    after: ['reverse-replication', 'still-frozen'],
    requires: ['forwarded'],
  })
  .step('swap', swapRecords, {
    on: {zone: 'zone'},
    input: ({params, outputs}) => ({
      ...swapOf(params, () => outputs['names-routed']),
      // Until then, a reversal must not close the new side.
      cachedSeconds: cachedSecondsOf(params, params.lowTtlSeconds),
    }),
    requires: ['open-writes'],
  })
  .step('propagated', propagated, {
    on: {dns: 'dns'},
    input: ({params, outputs}) => ({records: answersOf(params, () => outputs['names-routed'])}),
    after: ['swap'],
  })
  .together('Close the old side behind its reverse proxy', (group) =>
    group
      .step('stop-app', stopWebServers, {
        on: {hosts: 'webHosts'},
        input: ({params}) => ({
          units: params.appUnits,
          watchSeconds: params.watchSeconds,
        }),
        requires: ['propagated'],
      })
      .step('close-database', closePort, {
        on: {hosts: 'dbHost'},
        input: ({params}) => ({port: params.databasePort, allowFrom: params.databaseAllowFrom}),
        requires: ['propagated'],
      }),
  )
  .step('smoke-sql', sqlAnswers, {
    on: {server: 'aurora'},
    input: ({params}) => ({query: params.smokeQuery, equals: params.smokeAnswer}),
    after: ['propagated'],
  })
  .step('smoke', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText, passes: 3}),
    after: ['propagated'],
  })
  .step('one-side-only', stillFrozen, {
    on: {source: 'source'},
    input: () => ({}),
    after: ['smoke'],
  })
  // What was changed since all data was compared. Clients write meanwhile: nobody waits for it.
  .step('verify-changes', verifyChanges, {
    on: {source: 'aurora', target: 'source'},
    input: ({outputs}) => ({since: outputs['verify-data'].targetSince}),
    after: ['smoke'],
  })
  .confirm('accept', {
    question: 'Accept the cutover?',
    after: ['smoke', 'smoke-sql', 'one-side-only', 'verify-changes'],
  })
  .checkpoint('cut-over')

  .include(settle);
