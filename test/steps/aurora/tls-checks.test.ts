import {describe, expect, test} from 'vitest';
import {auroraChecks} from '../../../steps/aurora/checks/catalogue.ts';
import type {Sides} from '../../../steps/aurora/checks/check.ts';
import {versionOf} from '../../../steps/mysql/dialect/version.ts';
import type {Facts} from '../../../steps/mysql/index.ts';

/** What a server answers; builds that cannot be installed here (MySQL 5.6.46, Percona Server 5.6) among them. */
interface Answers {
  readonly version: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** `Ssl_version` of our own connection. */
  readonly own?: string;
  readonly tls?: {readonly caFile?: string};
}

const factsOf = (name: string, {version, settings = {}, own = '', tls}: Answers) =>
  ({
    name,
    server: {name, address: 'db.example:3306', ...(tls ? {replicationTls: tls} : {})},
    settings: async () => ({version, ...settings}),
    version: async () => versionOf(version),
    rows: async () => [{Variable_name: 'Ssl_version', Value: own}],
  }) as unknown as Facts;

const current: Answers = {
  version: '8.0.39',
  settings: {tls_version: 'TLSv1.2,TLSv1.3', have_ssl: 'YES', require_secure_transport: 'ON'},
  tls: {},
};

async function found(source: Answers, aurora: Answers = current) {
  const has = {have_ssl: 'YES', ...source.settings};
  const db1 = factsOf('db1', {...source, settings: has});
  const sides = {source: db1, replica: db1, aurora: factsOf('aurora', aurora)};
  const names = ['replication-tls-unavailable', 'tls-required'] as const;
  const checks = names.map((name) => auroraChecks.find((check) => check.name === name));
  const results = await Promise.all(checks.map((check) => check?.find(sides as unknown as Sides)));
  return Object.fromEntries(names.map((name, at) => [name, results[at]?.map(({is}) => is)]));
}

const caFile = '/etc/mysql/rds-ca.pem';
const nothing = {'replication-tls-unavailable': [], 'tls-required': []};
const able: readonly {readonly name: string; readonly source: Answers}[] = [
  {name: 'MySQL 5.6.46 with a caFile', source: {version: '5.6.46-log', tls: {caFile}}},
  {
    name: 'Percona Server 5.6, which has tls_version',
    source: {
      version: '5.6.40-84.0-log',
      settings: {tls_version: 'TLSv1.1,TLSv1.2'},
      tls: {caFile},
    },
  },
  {
    name: 'another build of MySQL 5.6 whose connection with us is over TLS 1.2',
    source: {version: '5.6.40', own: 'TLSv1.2', tls: {caFile}},
  },
  {
    name: 'MySQL 5.7 with OpenSSL',
    source: {version: '5.7.44', settings: {tls_version: 'TLSv1,TLSv1.1,TLSv1.2'}, tls: {}},
  },
  {
    name: 'an old MariaDB, which does not tell its versions',
    source: {version: '10.1.48-MariaDB', tls: {}},
  },
];

const required = 'aurora has require_secure_transport = ON, and db1';
const toAurora = 'aurora is to replicate over TLS, but';
const toSource = 'db1 is to replicate over TLS, but';
const yassl = 'db1 (MySQL 5.7.20) supports TLSv1, TLSv1.1 only, and Aurora needs TLS 1.2';

describe('TLS of replication, judged by what the server can do', () => {
  test.each(able)('$name replicates with an Aurora that demands TLS', async ({source}) => {
    expect(await found(source)).toEqual(nothing);
  });

  test('both checks say the same of a server without TLS 1.2', async () => {
    const old = 'db1 (MySQL 5.6.45) supports TLSv1 only, and Aurora needs TLS 1.2';
    expect(await found({version: '5.6.45', tls: {caFile}})).toEqual({
      'replication-tls-unavailable': [`${toAurora} ${old}`, `${toSource} ${old}`],
      'tls-required': [`aurora has require_secure_transport = ON, and ${old}`],
    });
    const settings = {tls_version: 'TLSv1,TLSv1.1'};
    expect(await found({version: '5.7.20', settings, tls: {}})).toEqual({
      'replication-tls-unavailable': [`${toAurora} ${yassl}`, `${toSource} ${yassl}`],
      'tls-required': [`aurora has require_secure_transport = ON, and ${yassl}`],
    });
  });

  test('MySQL 5.6.46 without a caFile is named by one of them, and without replication.tls by the other', async () => {
    expect(await found({version: '5.6.46', tls: {}})).toEqual({
      ...nothing,
      'replication-tls-unavailable': [
        `${toSource} MySQL 5.6 falls back to clear text without a caFile under replication.tls`,
      ],
    });
    expect(await found({version: '5.6.46'})).toEqual({
      ...nothing,
      'tls-required': [`${required} replicates without TLS (no replication.tls)`],
    });
  });

  test('a source that demands TLS is named where Aurora does not use it', async () => {
    const source = {
      version: '8.0.39',
      settings: {tls_version: 'TLSv1.2', require_secure_transport: 'ON'},
      tls: {},
    };
    const {version, settings = {}} = current;
    expect(await found(source, {version, settings})).toEqual({
      ...nothing,
      'tls-required': [
        'db1 has require_secure_transport = ON, and aurora replicates without TLS (no replication.tls)',
      ],
    });
  });
});
