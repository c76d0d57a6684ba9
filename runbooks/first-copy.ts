import {defineRunbook} from 'switcharoo';
import {auroraCluster, readyAsTarget, replicateFrom, seed} from 'switcharoo/aurora';
import {caughtUp, mysqlServer, readyAsSource, verifyChanges, verifyData} from 'switcharoo/mysql';
import {z} from 'zod';

export default defineRunbook({
  name: 'first-copy',
  summary: 'Copy the database to an empty Aurora, start replication, and compare the data.',
  params: z.object({
    /** How Aurora reaches the dedicated replica. */
    replicaHost: z.string(),
    replicaPort: z.coerce.number().int(),
    lagMsMax: z.coerce.number().int().default(2_000),
    /** How many tables are compared at the same time; each takes a core on both sides. */
    tablesAtOnce: z.coerce.number().int().default(2),
  }),
  targets: {source: mysqlServer, replica: mysqlServer, aurora: auroraCluster},
  sides: {old: {database: 'source'}, new: {database: 'aurora'}},
})
  .phase('Copy')
  .step('ready-source', readyAsSource, {
    on: {source: 'source', replica: 'replica'},
    input: () => ({}),
  })
  .step('ready-aurora', readyAsTarget, {
    on: {aurora: 'aurora', source: 'source', replica: 'replica'},
    input: () => ({}),
  })
  .step('seed', seed, {
    on: {aurora: 'aurora', replica: 'replica'},
    input: () => ({}),
    requires: ['ready-source', 'ready-aurora'],
    // About 50 GB an hour is common. For a longer dump than this, use first-copy-from-s3.
    timeoutMs: 4 * 24 * 3_600_000,
  })
  .checkpoint('copied')

  .phase('Replicate')
  .step('replica-near', caughtUp, {
    on: {upstream: 'source', replica: 'replica'},
    input: ({params}) => ({lagMsMax: params.lagMsMax}),
    after: ['seed'],
    timeoutMs: 24 * 3_600_000,
  })
  .step('replicate', replicateFrom, {
    on: {aurora: 'aurora', upstream: 'replica'},
    input: ({params, outputs}) => ({
      host: params.replicaHost,
      port: params.replicaPort,
      file: outputs.seed.file,
      position: outputs.seed.position,
    }),
  })
  .step('near', caughtUp, {
    on: {upstream: 'replica', replica: 'aurora'},
    input: ({params}) => ({lagMsMax: params.lagMsMax}),
    after: ['replicate'],
    timeoutMs: 24 * 3_600_000,
  })
  .checkpoint('replicating')

  .phase('Compare')
  .step('equal', verifyData, {
    on: {source: 'replica', target: 'aurora'},
    input: ({params}) => ({tablesAtOnce: params.tablesAtOnce}),
    after: ['near'],
  })
  .step('still-equal', verifyChanges, {
    on: {source: 'replica', target: 'aurora'},
    input: ({outputs}) => ({since: outputs.equal.since}),
  });
