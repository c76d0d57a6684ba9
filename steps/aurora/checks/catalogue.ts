import type {Preflight} from '../../../src/index.ts';
import {
  factsOf,
  isMysqlReader,
  type MysqlCheck,
  type MysqlReader,
  mysqlChecks,
  recentCatalogue,
  sourceOf,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';
import {accountChecks} from './accounts.ts';
import {capacityChecks} from './capacity.ts';
import {characterSetChecks} from './character-sets.ts';
import {type AuroraCheck, lookOver} from './check.ts';
import {clusterChecks} from './cluster.ts';
import {definitionChecks} from './definitions.ts';
import {objectChecks} from './objects.ts';
import {readOnlyChecks} from './read-only.ts';
import {removedFeatureChecks} from './removed-features.ts';
import {replicationChecks} from './replication.ts';
import {serverChecks} from './server.ts';
import {settingChecks} from './settings.ts';
import {timeZoneChecks} from './time-zones.ts';
import {tlsChecks} from './tls.ts';
import {versionChecks} from './versions.ts';

const inTheGroup = (parameter: string) =>
  `Set ${parameter} in the cluster parameter group, and reboot the writer.`;

/** Checks of any MySQL server, with the fix on Aurora. */
const checksOfAnyServer: readonly AuroraCheck[] = [
  ['account-privileges-missing', undefined],
  ['schema-load-left', undefined],
  ['hash-function-missing', 'Compare with a replica of it on another server.'],
  ['binary-log-off', inTheGroup('binlog_format = ROW')],
  ['binary-log-not-row', inTheGroup('binlog_format = ROW')],
  ['row-image-not-full', inTheGroup('binlog_row_image = FULL')],
  ['partial-json', inTheGroup("binlog_row_value_options = ''")],
  ['binary-log-compressed', inTheGroup('binlog_transaction_compression = OFF')],
  ['commit-order-not-preserved', inTheGroup('replica_preserve_commit_order = ON')],
].map(([name, fix]) => ({...onAurora(checkNamed(name)), ...(fix ? {fix} : {})}));

/** Every check of an Aurora cluster. */
export const auroraChecks: readonly AuroraCheck[] = [
  ...clusterChecks,
  ...capacityChecks,
  ...checksOfAnyServer,
  ...serverChecks,
  ...versionChecks,
  ...settingChecks,
  ...timeZoneChecks,
  ...characterSetChecks,
  ...objectChecks,
  ...definitionChecks,
  ...removedFeatureChecks,
  ...accountChecks,
  ...readOnlyChecks,
  ...replicationChecks,
  ...tlsChecks,
];

/** The cluster is compared with the source of the same inventory, and with the replica that it replicates from. */
export const auroraPreflight: Preflight<AuroraReader> = {
  checks: auroraChecks,
  look: async (aurora, targets, signal, stillReading) => {
    const others = targets.filter(isMysqlReader).filter((other) => !('clusterIdentifier' in other));
    const look = {age: recentCatalogue(), stillReading};
    const sides = await sidesAmong(others, signal);
    return lookOver(auroraChecks, {aurora, ...sides, signal, look, trouble: 'reported'});
  },
};

/** The source is the server that a replica replicates from; without replication between them, the first server. */
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
  const check = mysqlChecks.find((candidate) => candidate.name === name);
  if (!check) {
    throw new Error(`there is no check ${name}`);
  }
  return check;
}

function onAurora({of: _of, find, ...words}: MysqlCheck): AuroraCheck {
  return {...words, looksAt: 'server', find: ({aurora}) => find(aurora, [])};
}
