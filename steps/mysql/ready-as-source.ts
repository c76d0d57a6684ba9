import {z} from 'zod';
import {defineGate, verdictOn, waiting} from '../../src/index.ts';
import {checkPrivileges} from './checks/accounts.ts';
import {mysqlChecks} from './checks/catalogue.ts';
import {runChecks} from './checks/check.ts';
import {type Facts, type FactsLook, factsOf, judgedByCatalogue} from './checks/facts.ts';
import type {MysqlReader} from './contract.ts';
import {isRunning} from './replication/replication.ts';
import {mysqlServer} from './target.ts';

/**
 * Checks, days before the cutover, whether the source and its dedicated replica support the cutover and its reversal.
 */
export const readyAsSource = defineGate({
  name: 'mysql.ready-as-source',
  summary:
    'Check that the source and its dedicated replica are set up for a cutover that can be reversed.',
  targets: {source: mysqlServer, replica: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {
    source: checkPrivileges,
    replica: checkPrivileges,
  },
  timeoutMs: 600_000,
  neverSkip: 'Only this gate finds what would break replication or lose data later.',

  check: ({targets, shared, stillReading, signal}) =>
    judgedByCatalogue({shared, stillReading}, (look) => judge(targets, signal, look)),
});

async function judge(
  targets: {readonly source: MysqlReader; readonly replica: MysqlReader},
  signal: AbortSignal,
  look: FactsLook,
) {
  const source = factsOf(targets.source, signal, look);
  const replica = factsOf(targets.replica, signal, look);
  const check = (server: Facts, role: 'source' | 'replica') => {
    const others = [source, replica].filter((other) => other !== server);
    return runChecks(mysqlChecks, {server, role, others, trouble: 'thrown'});
  };
  const [ofSource, ofReplica, replication] = await Promise.all([
    check(source, 'source'),
    check(replica, 'replica'),
    replica.replication(),
  ]);
  const findings = [...ofSource.findings, ...ofReplica.findings];
  const isBlocked = findings.some(({severity}) => severity === 'blocks');
  if (!isBlocked && !(replication && isRunning(replication))) {
    return waiting(`${replica.name} is connecting to ${source.name}`);
  }
  return verdictOn(findings, {}, `${source.name} is not ready as the source`);
}
