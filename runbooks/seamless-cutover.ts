import {alsoWritten, defineRunbook} from 'switcharoo';
import {auroraCluster, openWritesInRing} from 'switcharoo/aurora';
import {dnsView, propagated, ttlDrained} from 'switcharoo/dns';
import {deployImage, ecsService} from 'switcharoo/ecs';
import {loadBalancer} from 'switcharoo/elb';
import {
  closePort,
  dryHold,
  forwardTraffic,
  holdConnections,
  hostGroup,
  oneRequestAConnection,
  proxyReady,
  releaseConnections,
  stopCrons,
  stopWebServers,
} from 'switcharoo/hosts';
import {
  caughtUp,
  freezeInRing,
  freezeReady,
  mysqlServer,
  onlyReplicationWrites,
  ringIntact,
  stillFrozen,
  verifyChanges,
} from 'switcharoo/mysql';
import {hostedZone, swapRecords} from 'switcharoo/route53';
import {httpAnswers, sqlAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';
import {cutoverParams, holdParams} from './fragments/cutover-params.ts';
import {answersOf, cachedSecondsOf, resolveText, swapOf} from './fragments/names.ts';
import {newSideReady} from './fragments/new-side-ready.ts';
import {prepare} from './fragments/prepare.ts';
import {freezeOf, prepareRing, settleRing} from './fragments/ring.ts';

export default defineRunbook({
  name: 'seamless-cutover',
  summary:
    'Move the shop to Aurora, ECS and Route 53 without a failed request: visitors wait. Experimental: it needs a ring of the databases.',
  params: z.object({
    ...cutoverParams.shape,
    ...prepare.params.shape,
    ...newSideReady.params.shape,
    ...prepareRing.params.shape,
    ...settleRing.params.shape,
    /** What the new side writes besides the database: `[{what: 'uploads in S3', todo: 'copy them back with …'}]`. */
    alsoWritten,
    ...holdParams.shape,
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
    until: ['open-writes', 'forward'],
    longestMs: 5 * 60_000,
  },
  sides: {
    old: {database: 'source', application: 'webHosts'},
    new: {database: 'aurora', application: 'service'},
  },
})
  .include(prepare)
  .include(prepareRing)
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
  // Minutes before: a connection that is kept alive would never let the hold begin.
  .step('one-request', oneRequestAConnection, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({
      proxy: params.proxyKind,
      file: params.keepAliveFile,
      unit: params.proxyUnit,
      test: params.proxyTest,
    }),
  })
  .step('dry-hold', dryHold, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({ports: params.heldPorts, holdMs: params.dryHoldMs}),
    requires: ['one-request'],
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
      `While the database changes sides, new connections to the old web servers wait, for ${params.maxHoldMs} ms at most.`,
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
  .step('ring-intact', ringIntact, {
    on: {source: 'source', replica: 'replica', aurora: 'aurora'},
    input: ({outputs}) => outputs['arm-ring'],
    after: ['go', 'stop-crons'],
  })
  // All that the freeze has to know is read before visitors wait.
  .step('freeze-ready', freezeReady, {
    on: {source: 'source'},
    input: ({params}) => ({isInRing: true, ...freezeOf(params)}),
    after: ['ring-intact'],
  })
  // Visitors wait from here until 'release', and their requests are answered then.
  .step('hold', holdConnections, {
    on: {hosts: 'webHosts'},
    input: ({params}) => ({
      ports: params.heldPorts,
      maxHoldMs: params.maxHoldMs,
      drainMs: params.drainMs,
    }),
    requires: [
      'go',
      'stop-crons',
      'dry-hold',
      'replica-near',
      'aurora-near',
      'proxy-ready',
      'ring-intact',
      'freeze-ready',
    ],
  })
  // From here until 'open-writes' nobody can write.
  .step('freeze', freezeInRing, {
    on: {source: 'source', aurora: 'aurora'},
    input: ({params, outputs}) => ({
      ...freezeOf(params),
      endSessions: false,
      watchMs: 0,
      ready: outputs['freeze-ready'],
    }),
    after: ['ring-intact'],
    requires: ['hold'],
  })
  .step('replica-caught-up', caughtUp, {
    on: {upstream: 'source', replica: 'replica'},
    input: ({outputs}) => ({position: outputs.freeze}),
  })
  .step('aurora-caught-up', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({outputs}) => ({position: outputs['replica-caught-up']}),
  })
  .step('open-writes', openWritesInRing, {
    on: {aurora: 'aurora', source: 'source'},
    input: ({outputs}) => ({endSessions: false, frozenAt: outputs.freeze}),
    after: ['aurora-caught-up'],
    requires: ['freeze', 'arm-ring'],
  })
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
    requires: ['open-writes'],
  })
  .step('release', releaseConnections, {
    on: {hosts: 'webHosts'},
    input: ({params, outputs}) => ({
      ports: params.heldPorts,
      maxHoldMs: params.maxHoldMs,
      drainMs: params.drainMs,
      held: outputs.hold,
    }),
    after: ['hold'],
    requires: ['forward'],
  })
  .step('forwarded', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText}),
    after: ['release'],
    neverSkip: 'Only this gate proves that every proxy sends traffic to the new side.',
  })
  .step('swap', swapRecords, {
    on: {zone: 'zone'},
    input: ({params, outputs}) => ({
      ...swapOf(params, () => outputs['names-routed']),
      // Until then, a reversal must not close the new side.
      cachedSeconds: cachedSecondsOf(params, params.lowTtlSeconds),
    }),
    requires: ['open-writes', 'forwarded'],
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

  .include(settleRing);
