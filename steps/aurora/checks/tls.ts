import {columnValue, type Facts, isOn, type Settings} from '../../mysql/index.ts';
import type {AuroraCheck, Sides} from './check.ts';

const inTheGroup = 'in the cluster parameter group';

/** Replication over TLS, in both directions. */
export const tlsChecks: readonly AuroraCheck[] = [
  {
    name: 'replication-not-encrypted',
    severity: 'warns',
    looksAt: 'both',
    expects: 'Replication goes over TLS in both directions.',
    consequence: 'A listener between the two networks reads every changed row.',
    fix: 'Set tls: {} under replication of the target that the finding names, unless a VPN encrypts the connection.',
    find: async (sides) =>
      directions(sides)
        .filter(({from, to}) => !to.server.replicationTls && !isOnThisMachine(from))
        .map(({from, to}) => ({
          is: `replication to ${to.name} from ${from.name} is without TLS: the inventory entry of ${to.name} has no replication.tls`,
        })),
  },
  {
    name: 'replication-tls-unavailable',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Where replication is to use TLS, both servers support TLS 1.2 or 1.3.',
    consequence: 'Replication does not connect (IO errno 2026), or runs in clear text.',
    fix: 'Set ssl_cert and ssl_key on the server without TLS, or caFile under replication.tls of MySQL 5.6; or remove replication.tls and use a VPN.',
    find: async (sides) => {
      const encrypted = directions(sides).filter(({to}) => to.server.replicationTls);
      const reasons = await Promise.all(encrypted.map(whyUnavailable));
      return reasons.flatMap((is) => (is === null ? [] : [{is}]));
    },
  },
  {
    name: 'tls-required',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'No server demands TLS of a replica that does not use it.',
    consequence: 'Replication does not connect.',
    fix: `Set tls: {} under replication of the server that replicates (tls: {caFile} for MySQL 5.6). If it cannot use TLS 1.2, use a VPN, and set require_secure_transport = OFF on the other server (on Aurora ${inTheGroup}) until replication is stopped.`,
    find: async (sides) => {
      const reasons = await Promise.all(directions(sides).map(whyRefused));
      return reasons.flatMap((is) => (is === null ? [] : [{is}]));
    },
  },
];

type Version = Awaited<ReturnType<Facts['version']>>;

interface Direction {
  readonly from: Facts;
  readonly to: Facts;
}

const directions = ({aurora, replica, source}: Sides): readonly Direction[] => [
  {from: replica, to: aurora},
  {from: aurora, to: source},
];

/** Nobody listens there. The other end of a tunnel is not seen. */
const isOnThisMachine = ({server}: Facts): boolean => server.address.startsWith('127.');

async function whyUnavailable({from, to}: Direction): Promise<string | null> {
  const wish = `${to.name} is to replicate over TLS`;
  const outdated = (await Promise.all([from, to].map(whyOutdated))).find((is) => is !== null);
  if (outdated) {
    return `${wish}, but ${outdated}`;
  }
  if (!hasTls(await from.settings())) {
    return `${wish}, but ${from.name} has no TLS (have_ssl, ssl_cert)`;
  }
  return isMysql56(await to.version()) && to.server.replicationTls?.caFile === undefined
    ? `${wish}, but MySQL 5.6 falls back to clear text without a caFile under replication.tls`
    : null;
}

async function whyRefused({from, to}: Direction): Promise<string | null> {
  if (!isOn((await from.settings())['require_secure_transport'])) {
    return null;
  }
  const why =
    (await whyOutdated(to)) ??
    (to.server.replicationTls ? null : `${to.name} replicates without TLS (no replication.tls)`);
  return why && `${from.name} has require_secure_transport = ON, and ${why}`;
}

/** Why a server cannot use a version of TLS that Aurora MySQL 3 supports: 1.2 or 1.3 (Aurora User Guide). */
async function whyOutdated(side: Facts): Promise<string | null> {
  const {text, isMariaDb} = await side.version();
  const versions = await tlsVersions(side);
  return versions === null || versions.some((version) => /^TLSv1\.[23]$/i.test(version))
    ? null
    : `${side.name} (${isMariaDb ? 'MariaDB' : 'MySQL'} ${text}) supports ${versions.join(', ')} only, and Aurora needs TLS 1.2`;
}

/**
 * The versions of TLS that a server has; `null` where it does not tell. MySQL 5.6 has no `tls_version`, other than
 * Percona Server 5.6. It has TLS 1.0, and 1.1 and 1.2 from 5.6.46 on (MySQL 5.6 manual, 6.3.2). Another build may have
 * more: an encrypted connection of ours shows that.
 */
async function tlsVersions(side: Facts): Promise<readonly string[] | null> {
  const {tls_version: setting = ''} = await side.settings();
  const version = await side.version();
  if (setting !== '') {
    return setting.split(/, */);
  }
  if (!isMysql56(version)) {
    return null;
  }
  const [own] = await side.rows("SHOW SESSION STATUS LIKE 'Ssl_version'");
  const seen = columnValue(own ?? {}, 'Value');
  const release = Number(version.text.split(/[.-]/)[2]);
  return [
    'TLSv1',
    ...(version.series === 506 && release >= 46 ? ['TLSv1.1', 'TLSv1.2'] : []),
    ...(seen === '' ? [] : [seen]),
  ];
}

/** Or older. */
const isMysql56 = ({isMariaDb, series}: Version): boolean => !isMariaDb && series < 507;

/** MySQL has no `have_ssl` from 8.4 on; before, and on MariaDB, it is DISABLED without a certificate. */
const hasTls = ({have_ssl: has, ssl_cert: certificate = ''}: Settings): boolean =>
  has === undefined ? certificate !== '' : has === 'YES';
