import type {Preflight} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {accountChecks} from './accounts.ts';
import {binaryLogChecks} from './binary-log.ts';
import {type MysqlCheck, runChecks} from './check.ts';
import {columnChecks} from './columns.ts';
import {factsOf, recentCatalogue} from './facts.ts';
import {objectChecks} from './objects.ts';
import {replicationChecks, sourceOf} from './replication.ts';
import {sessionChecks} from './sessions.ts';
import {statementChecks} from './statements.ts';
import {tableChecks} from './tables.ts';

/** Every check of a MySQL or MariaDB server. */
export const mysqlChecks: readonly MysqlCheck[] = [
  ...binaryLogChecks,
  ...replicationChecks,
  ...tableChecks,
  ...columnChecks,
  ...objectChecks,
  ...accountChecks,
  ...sessionChecks,
  ...statementChecks,
];

/** A server that replicates from another one of the inventory is checked as a replica, any other as a source. */
export const mysqlPreflight: Preflight<MysqlReader> = {
  checks: mysqlChecks,
  look: async (server, targets, signal, stillReading) => {
    const look = {age: recentCatalogue(), stillReading};
    const others = targets.filter(isMysqlReader).map((other) => factsOf(other, signal, look));
    const facts = factsOf(server, signal, look);
    const role = (await sourceOf(facts, others)) ? 'replica' : 'source';
    return runChecks(mysqlChecks, {server: facts, role, others, trouble: 'reported'});
  },
};

/** True of Aurora's reader as well. */
export const isMysqlReader = (target: unknown): target is MysqlReader =>
  typeof target === 'object' && target !== null && 'replication' in target && 'fence' in target;
