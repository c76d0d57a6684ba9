import type {Preflight} from '../../../src/index.ts';
import {
  factsOf,
  isMysqlReader,
  type MysqlCheck,
  type MysqlReader,
  mysqlChecks,
  sourceOf,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../target.ts';
import {type AuroraCheck, lookOver} from './check.ts';
import {clusterChecks} from './cluster.ts';
import {removedChecks} from './removed.ts';
import {rightsChecks} from './rights.ts';
import {serverChecks} from './server.ts';
import {besideChecks} from './source-compat.ts';

const inTheGroup = (parameter: string) =>
  `Set ${parameter} in the cluster parameter group, and reboot the writer.`;

/** Checks of any MySQL server, with what is done about them on Aurora. */
const likeAnyServer: readonly AuroraCheck[] = [
  ['account-privileges-missing', undefined],
  ['hash-function-missing', 'Compare with a replica of it on another server.'],
  ['binary-log-off', inTheGroup('binlog_format = ROW')],
  ['binary-log-not-row', inTheGroup('binlog_format = ROW')],
  ['row-image-not-full', inTheGroup('binlog_row_image = FULL')],
  ['partial-json', inTheGroup("binlog_row_value_options = ''")],
  ['binary-log-compressed', inTheGroup('binlog_transaction_compression = OFF')],
  ['commit-order-not-preserved', inTheGroup('replica_preserve_commit_order = ON')],
].map(([name, fix]) => ({...onAurora(checkNamed(name)), ...(fix ? {fix} : {})}));

/** All that an Aurora cluster is looked over for. */
export const auroraChecks: readonly AuroraCheck[] = [
  ...clusterChecks,
  ...likeAnyServer,
  ...serverChecks,
  ...besideChecks,
  ...removedChecks,
  ...rightsChecks,
];

/** It is held against the source of the same inventory, and against the replica that it follows. */
export const auroraPreflight: Preflight<AuroraReader> = {
  checks: auroraChecks,
  look: async (aurora, targets, signal) => {
    const others = targets.filter(isMysqlReader).filter((other) => !('clusterIdentifier' in other));
    const sides = await sidesAmong(others, signal);
    return lookOver(auroraChecks, {aurora, ...sides, signal, trouble: 'told'});
  },
};

/** The source is whom a replica follows; of servers that do not follow each other, the first. */
async function sidesAmong(servers: readonly MysqlReader[], signal: AbortSignal) {
  const facts = servers.map((server) => factsOf(server, signal));
  for (const replica of facts) {
    const source = await sourceOf(replica, facts).catch(() => undefined);
    if (source) {
      return {source: source.server, replica: replica.server};
    }
  }
  return {source: servers[0], replica: undefined};
}

function checkNamed(name: string | undefined): MysqlCheck {
  const found = mysqlChecks.find((check) => check.name === name);
  if (!found) {
    throw new Error(`there is no check ${name}`);
  }
  return found;
}

function onAurora({of: _of, find, ...words}: MysqlCheck): AuroraCheck {
  return {...words, looksAt: 'server', find: ({aurora}) => find(aurora, [])};
}
