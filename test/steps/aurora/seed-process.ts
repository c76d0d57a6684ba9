import {seed} from '../../../steps/aurora/seed.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {lookOf, type Placed, performAll} from '../mysql/placed-unit.ts';

// A process that makes the copy of a test, to be killed in the middle of it: `node --import tsx seed-process.ts`.
const {auroraConfig, replicaConfig} = JSON.parse(process.env['SEED'] ?? '{}');
const signal = new AbortController().signal;
const placed: Placed = {
  id: 'seed',
  unit: seed,
  on: {
    aurora: await auroraCluster.open(auroraCluster.config.parse(auroraConfig), {
      name: 'aurora',
      signal,
    }),
    replica: await mysqlServer.open(mysqlServer.config.parse(replicaConfig), {name: 'db2', signal}),
  },
};
await performAll(placed, await seed.plan(lookOf(placed), {executing: true}));
process.exit(0);
