import {randomBytes} from 'node:crypto';
import {closeSync, openSync, unlinkSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {rootCertificates} from 'node:tls';
import type {Login} from '../session/contract.ts';

/** Files that a client inherits: they have no name, and vanish with the last process that has them open. */
export interface OptionFile {
  /** The client's descriptors from 3 on. */
  readonly descriptors: readonly number[];
  /** The first options of the client's command line. */
  readonly options: readonly string[];
  close(): void;
}

export type ClientBrand = 'mysql' | 'mariadb';

const firstDescriptor = 3;

/**
 * The login for a client of MySQL or MariaDB: neither its command line nor its environment nor any folder holds the
 * password.
 */
export function optionFileFor(login: Login, brand: ClientBrand): OptionFile {
  const {host, port, user, password, tls} = login;
  const certificates = tls && (tls.ca ?? rootCertificates.join('\n'));
  const lines = [
    '[client]',
    ...[`host=${quoted(host)}`, `port=${port}`, 'protocol=tcp', `user=${quoted(user)}`],
    `password=${quoted(password)}`,
    ...(certificates === undefined ? withoutTls[brand] : withTls[brand]),
    ...(certificates === undefined ? [] : [`ssl-ca=/dev/fd/${firstDescriptor + 1}`]),
  ];
  const descriptors = [
    namelessFile(`${lines.join('\n')}\n`),
    ...(certificates === undefined ? [] : [namelessFile(certificates)]),
  ];
  return {
    descriptors,
    options: [`--defaults-file=/dev/fd/${firstDescriptor}`],
    close: () => {
      for (const descriptor of descriptors) {
        closeSync(descriptor);
      }
    },
  };
}

// Without TLS an account with caching_sha2_password needs the server's public key; MariaDB's client requests it by
// itself.
const withoutTls: Readonly<Record<ClientBrand, readonly string[]>> = {
  mysql: ['ssl-mode=DISABLED', 'loose-get-server-public-key'],
  mariadb: ['skip-ssl'],
};
const withTls: Readonly<Record<ClientBrand, readonly string[]>> = {
  mysql: ['ssl-mode=VERIFY_IDENTITY'],
  mariadb: ['ssl', 'ssl-verify-server-cert'],
};

/** Its name is removed before anything is written. A client may open it more than once, which a pipe does not allow. */
function namelessFile(content: string): number {
  const path = join(tmpdir(), `switcharoo-${randomBytes(12).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  writeSync(descriptor, content);
  return descriptor;
}

/** Inside quotes a `#` starts no comment (MySQL manual, "Using Option Files"). */
const quoted = (value: string): string => `"${value.replace(/[\\"]/g, (sign) => `\\${sign}`)}"`;
