import {defineRunbook} from 'switcharoo';
import {auroraCluster, openWrites, promote} from 'switcharoo/aurora';
import {dnsView, propagated, ttlDrained} from 'switcharoo/dns';
import {syncDocuments, syncLastDocuments, verifyDocuments} from 'switcharoo/documents';
import {deployImage, ecsService, restoreScaling, startWorkers} from 'switcharoo/ecs';
import {loadBalancer, maintenancePage, removeMaintenancePage, targetsHealthy} from 'switcharoo/elb';
import {closePort, hostGroup, stopCrons, stopWebServers} from 'switcharoo/hosts';
import {
  caughtUp,
  freezeWrites,
  mysqlServer,
  onlyReplicationWrites,
  replicateBack,
  stillFrozen,
  verifyChanges,
} from 'switcharoo/mysql';
import {copyKeys, keysMatch, queuesDrained} from 'switcharoo/redis';
import {hostedZone, swapRecords} from 'switcharoo/route53';
import {enableSchedules} from 'switcharoo/scheduler';
import {httpAnswers, sqlAnswers, webSite} from 'switcharoo/smoke';
import {sqsDrained} from 'switcharoo/sqs';
import {z} from 'zod';
import * as background from './fragments/background.ts';
import {closedSiteParams} from './fragments/cutover-params.ts';
import {comparisonOf, copyOf, documents, documentsOf, placeOf} from './fragments/documents.ts';
import {maintenance, pagesOf, removePage, showPage} from './fragments/maintenance.ts';
import {answersOf, resolveText, swapOf} from './fragments/names.ts';
import {newSideReady} from './fragments/new-side-ready.ts';
import {prepare} from './fragments/prepare.ts';
import * as queues from './fragments/queues.ts';
import {keysEqualOf, keysOf, redis, redisOf} from './fragments/redis.ts';
import {safeguardIds, safeguardParams, safeguards} from './fragments/safeguards.ts';
import {servicesReady} from './fragments/services-ready.ts';
import {settle} from './fragments/settle.ts';
import {watch, watchIds} from './fragments/watch.ts';

export default defineRunbook({
  name: 'bare-metal-to-ecs',
  summary:
    'Move the shop to Aurora, ECS and Route 53 while the site is closed: the simplest runbook, without a reverse proxy.',
  params: z.object({
    ...prepare.params.shape,
    ...newSideReady.params.shape,
    ...safeguardParams.shape,
    ...settle.params.shape,
    ...closedSiteParams.shape,
    ...servicesReady.params.shape,
    ...documents.shape,
    ...redis.shape,
    ...queues.params.shape,
    ...maintenance.shape,
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
    from: ['stop-web', 'freeze'],
    until: ['open-writes', 'swap'],
    promoted: ['promote'],
    longestMs: 30 * 60_000,
  },
  sides: {
    old: {database: 'source', application: 'webHosts', databaseHosts: 'dbHost'},
    new: {database: 'aurora', application: 'service'},
  },
})
  .include(prepare)
  // Days before, and again in each rehearsal: the outage copies only what has changed since.
  .each('documents', documentsOf('Copy documents'), syncDocuments, copyOf)
  .step('ttl-drained', ttlDrained, {
    on: {dns: 'dns'},
    input: ({params, outputs, times}) => ({
      records: outputs['lower-ttl'].records,
      since: times['lower-ttl'],
      marginSeconds: params.ttlMarginSeconds,
    }),
  })
  .include(newSideReady)
  .include(servicesReady)
  .checkpoint('prepared')
  .include(safeguards)

  .phase('Cut over')
  .step('only-replication', onlyReplicationWrites, {
    on: {source: 'source', replica: 'replica', target: 'aurora'},
    input: ({outputs}) => outputs['verify-data'],
  })
  .confirm('go', {
    question: 'Start the cutover?',
    details: ({params}) => [
      resolveText(params),
      `${params.image} will run as ${params.tasks} tasks on Aurora at ${params.auroraHost}.`,
    ],
    after: [
      'near',
      'ttl-drained',
      'only-replication',
      'certificates',
      'image-ready',
      'worker-image',
      'more-images',
      ...safeguardIds,
    ],
  })
  // First, and so removed last in a reversal: once the old side answers again.
  .each('show-page', pagesOf('Show a maintenance page'), maintenancePage, showPage)
  .together('Stop everything that writes', (group) =>
    group
      .step('stop-web', stopWebServers, {
        on: {hosts: 'webHosts'},
        // Visitors wait from here on: it looks once whether something else starts them again, and does not wait.
        input: ({params}) => ({units: params.webUnits, watchSeconds: 0}),
        requires: ['go'],
      })
      .step('stop-crons', stopCrons, {
        on: {hosts: 'webHosts'},
        input: ({params}) => ({users: params.cronUsers, timers: params.cronTimers}),
        requires: ['go'],
      }),
  )
  // Nothing adds to the queues any more: their consumers end the work, and stop.
  .each('queues-empty', queues.inRedis('Wait for queues'), queuesDrained, queues.emptyInRedis)
  .each('sqs-empty', queues.inSqs('Wait for queues of SQS'), sqsDrained, queues.emptyInSqs)
  .each('stop-consumers', queues.consumersOf('Stop consumers'), stopWebServers, queues.stopOf)
  .step('freeze', freezeWrites, {
    on: {source: 'source'},
    input: () => ({}),
    requires: ['go', 'stop-web', 'stop-crons', 'stop-consumers'],
  })
  .each('last-documents', documentsOf('Copy the last documents'), syncLastDocuments, (place) => ({
    ...copyOf(place),
    input: ({outputs}) => ({...placeOf(place), ...outputs.documents(place.bucket)}),
    requires: ['stop-web', 'stop-crons', 'stop-consumers'],
  }))
  .each('documents-equal', documentsOf('Compare documents'), verifyDocuments, (place) => ({
    ...comparisonOf(place),
    requires: ['last-documents'],
  }))
  // After the freeze, and so brought back before the old side serves again.
  .each('redis', redisOf('Copy the keys of Redis'), copyKeys, keysOf)
  .each('redis-equal', redisOf('Compare the keys of Redis'), keysMatch, keysEqualOf)
  .step('close-database', closePort, {
    on: {hosts: 'dbHost'},
    input: ({params}) => ({port: params.databasePort, allowFrom: params.databaseAllowFrom}),
    requires: ['freeze'],
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
  .step('reverse-replication', replicateBack, {
    on: {replica: 'source', source: 'aurora'},
    input: ({params, outputs}) => ({
      host: params.auroraHost,
      port: params.auroraPort,
      ...outputs.promote,
      frozenAt: outputs.freeze,
    }),
  })
  .step('still-frozen', stillFrozen, {
    on: {source: 'source'},
    input: () => ({}),
    after: ['reverse-replication'],
  })
  .step('open-writes', openWrites, {
    on: {aurora: 'aurora'},
    input: () => ({}),
    after: ['reverse-replication', 'still-frozen', 'documents-equal', 'redis-equal'],
  })
  .step('deploy', deployImage, {
    on: {service: 'service'},
    input: ({params}) => ({
      image: params.image,
      environment: {
        ...params.environment,
        DATABASE_HOST: params.auroraHost,
        DATABASE_PORT: String(params.auroraPort),
      },
      desiredCount: params.tasks,
      steadyMs: params.steadyMs,
    }),
    requires: ['open-writes'],
  })
  .each(
    'deploy-more',
    background.servicesGroup('Deploy further services'),
    deployImage,
    background.deployOf,
  )
  // Before its gate, which looks at what visitors would get, and before their names lead there.
  .each('remove-page', pagesOf('Remove the maintenance page'), removeMaintenancePage, removePage)
  .step('new-side-healthy', targetsHealthy, {
    on: {balancer: 'balancer'},
    input: ({params}) => ({port: params.sitePort, host: params.siteName}),
    after: ['deploy', 'deploy-more'],
    timeoutMs: 2 * 60_000,
  })
  .step('swap', swapRecords, {
    on: {zone: 'zone'},
    input: ({params, outputs}) => swapOf(params, () => outputs['names-routed']),
    requires: ['open-writes', 'new-side-healthy'],
  })
  .step('propagated', propagated, {
    on: {dns: 'dns'},
    input: ({params, outputs, times}) => ({
      records: answersOf(params, () => outputs['names-routed']),
      since: times.swap,
      oldTtlSeconds: params.lowTtlSeconds,
    }),
    after: ['swap'],
  })
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
  // Only now, and so stopped first in a reversal: no worker runs while Aurora refuses writes.
  .each('start-workers', background.group('Start workers'), startWorkers, background.startOf)
  .each(
    'restore-worker-scaling',
    background.group('Restore the scaling of workers'),
    restoreScaling,
    ({service}) => ({
      on: {service},
      input: ({outputs}) => outputs['suspend-worker-scaling'](service),
      after: ['start-workers'],
    }),
  )
  .each('enable-schedules', background.schedules, enableSchedules, background.enableOf)
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
  .include(watch)
  .confirm('accept', {
    question: 'Accept the cutover?',
    after: [
      'smoke',
      'smoke-sql',
      'start-workers',
      'enable-schedules',
      'one-side-only',
      'verify-changes',
      ...watchIds,
    ],
  })
  .checkpoint('cut-over')

  .include(settle);
