import {alsoWritten, defineRunbook} from 'switcharoo';
import {auroraCluster, openWrites, promote} from 'switcharoo/aurora';
import {dnsView, propagated, ttlDrained} from 'switcharoo/dns';
import {syncDocuments, syncLastDocuments, verifyDocuments} from 'switcharoo/documents';
import {
  deployImage,
  ecsService,
  imageReady,
  restoreScaling,
  startWorkers,
  suspendScaling,
} from 'switcharoo/ecs';
import {loadBalancer, targetsHealthy} from 'switcharoo/elb';
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
import {hostedZone, swapRecords} from 'switcharoo/route53';
import {enableSchedules} from 'switcharoo/scheduler';
import {httpAnswers, sqlAnswers, webSite} from 'switcharoo/smoke';
import {z} from 'zod';
import {
  background,
  ofWorker,
  parkedWorker,
  schedulesOf,
  workersOf,
} from './fragments/background.ts';
import {siteParams} from './fragments/cutover-params.ts';
import {comparisonOf, copyOf, documents, documentsOf, placeOf} from './fragments/documents.ts';
import {answersOf, resolveText, swapOf} from './fragments/names.ts';
import {newSideReady} from './fragments/new-side-ready.ts';
import {prepare} from './fragments/prepare.ts';
import {safeguardIds, safeguardParams, safeguards} from './fragments/safeguards.ts';
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
    ...siteParams.shape,
    ...background.shape,
    ...documents.shape,
    /** What the new side writes beside the database: `[{what: 'uploads in S3', todo: 'copy them back with …'}]`. */
    alsoWritten,
    /** How the application reaches Aurora, and how the old source does for reverse replication. */
    auroraHost: z.string(),
    auroraPort: z.coerce.number().int(),
    /** The units that run on the old web servers. */
    webUnits: z.array(z.string()),
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
  .step('image-ready', imageReady, {
    on: {service: 'service'},
    input: ({params}) => ({image: params.image}),
  })
  .each('worker-image', workersOf('Check the images of workers'), imageReady, (worker) => ({
    on: {service: worker.service},
    input: ({params}) => ({image: worker.image ?? params.image}),
  }))
  .each('suspend-worker-scaling', workersOf('Suspend scaling of workers'), suspendScaling, ofWorker)
  // With its own environment, and without a task: none runs before writes are open.
  .each('deploy-worker', workersOf('Deploy workers'), deployImage, (worker) => ({
    on: {service: worker.service},
    input: ({params}) => parkedWorker(worker, params),
    after: ['suspend-worker-scaling'],
  }))
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
      ...safeguardIds,
    ],
  })
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
  .step('freeze', freezeWrites, {
    on: {source: 'source'},
    input: () => ({}),
    requires: ['go', 'stop-web', 'stop-crons'],
  })
  .each('last-documents', documentsOf('Copy the last documents'), syncLastDocuments, (place) => ({
    ...copyOf(place),
    input: ({outputs}) => ({...placeOf(place), ...outputs.documents(place.bucket)}),
    requires: ['stop-web', 'stop-crons'],
  }))
  .each('documents-equal', documentsOf('Compare documents'), verifyDocuments, (place) => ({
    ...comparisonOf(place),
    requires: ['last-documents'],
  }))
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
    after: ['reverse-replication', 'still-frozen', 'documents-equal'],
  })
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
    requires: ['open-writes'],
  })
  .step('new-side-healthy', targetsHealthy, {
    on: {balancer: 'balancer'},
    input: ({params}) => ({port: params.sitePort, host: params.siteName}),
    after: ['deploy'],
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
  .each('start-workers', workersOf('Start workers'), startWorkers, ({service, tasks}) => ({
    on: {service},
    input: ({params}) => ({desiredCount: tasks, steadyMs: params.steadyMs}),
    requires: ['deploy-worker', 'open-writes', 'smoke', 'smoke-sql'],
  }))
  .each(
    'restore-worker-scaling',
    workersOf('Restore the scaling of workers'),
    restoreScaling,
    ({service}) => ({
      on: {service},
      input: ({outputs}) => outputs['suspend-worker-scaling'](service),
      after: ['start-workers'],
    }),
  )
  .each('enable-schedules', schedulesOf('Enable schedules'), enableSchedules, (schedules) => ({
    on: {scheduler: 'scheduler'},
    input: () => schedules,
    requires: ['open-writes', 'smoke', 'smoke-sql'],
  }))
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
