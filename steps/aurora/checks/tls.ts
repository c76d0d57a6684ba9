import {type Facts, findingIf, isOn, type Settings} from '../../mysql/index.ts';
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
    expects: 'Where replication is to use TLS, both servers support it, in a common version.',
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
    expects: 'Aurora accepts connections without TLS if the old source uses none.',
    consequence: 'Reverse replication does not connect.',
    fix: `Set tls: {} under replication of the old source, or require_secure_transport = OFF ${inTheGroup} until reverse replication is stopped. MySQL 5.6 needs the second.`,
    find: async ({aurora, source}) => {
      const [{isMariaDb, series}, settings] = await Promise.all([
        source.version(),
        aurora.settings(),
      ]);
      const isOld = !isMariaDb && series < 507;
      const reason = isOld ? 'is MySQL 5.6' : 'replicates without TLS (no replication.tls)';
      return findingIf(
        isOn(settings['require_secure_transport']) && (isOld || !source.server.replicationTls),
        `${aurora.name} has require_secure_transport = ON, and ${source.name} ${reason}`,
      );
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
  const sides = [from, to];
  const settings = await Promise.all(sides.map((side) => side.settings()));
  const versions = await Promise.all(sides.map((side) => side.version()));
  const isOld = ({isMariaDb, series}: Version) => !isMariaDb && series < 507;
  const old = sides.find(
    (_side, at) => isOld(versions[at] as Version) && settings[at]?.['tls_version'] === undefined,
  );
  const wish = `${to.name} is to replicate over TLS`;
  if (old) {
    // It came with OpenSSL in 5.6.46, and with it `tls_version` (MySQL 5.6 release notes).
    return `${wish}, but ${old.name} is MySQL 5.6 with TLS 1.0 only, which Aurora does not support`;
  }
  if (!hasTls(settings[0] ?? {})) {
    return `${wish}, but ${from.name} has no TLS (have_ssl, ssl_cert)`;
  }
  return isOld(versions[1] as Version) && to.server.replicationTls?.caFile === undefined
    ? `${wish}, but MySQL 5.6 falls back to clear text without a caFile under replication.tls`
    : null;
}

/** MySQL has no `have_ssl` from 8.4 on; before, and on MariaDB, it is DISABLED without a certificate. */
const hasTls = ({have_ssl: has, ssl_cert: certificate = ''}: Settings): boolean =>
  has === undefined ? certificate !== '' : has === 'YES';
