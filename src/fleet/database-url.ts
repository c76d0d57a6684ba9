import {accessSync, constants} from 'node:fs';
import {SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {databaseUrlUnusable} from './postgres-problems.ts';

const files = ['sslrootcert', 'sslcert', 'sslkey'];

/** Of libpq. `pg` verifies the certificate with each of them, and warns that a later release of it will not. */
const encrypting = ['prefer', 'require', 'verify-ca'];

/**
 * A DATABASE_URL as `pg` takes it: with a mode that encrypts, the certificate of the server is verified.
 *
 * @throws SwitcharooError `fleet-database-url-unusable`, without the URL, which may have a password.
 */
export function connectionUrl(text: string): string {
  const url = parsed(text);
  const {searchParams} = url;
  for (const name of files) {
    const file = searchParams.get(name);
    if (file !== null) {
      refuseUnreadable(name, file);
    }
  }
  if (!encrypting.includes(searchParams.get('sslmode') ?? '')) {
    return text;
  }
  searchParams.set('sslmode', 'verify-full');
  return url.href;
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    throw new SwitcharooError(databaseUrlUnusable('it is not a URL of PostgreSQL'));
  }
  return url;
}

function refuseUnreadable(name: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new SwitcharooError(databaseUrlUnusable(`${name}: ${messageOf(error)}`), {cause: error});
  }
}
