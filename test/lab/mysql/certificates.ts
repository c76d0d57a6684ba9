import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** Certificates that vouch for themselves, for the address that the tests' servers have; `null` without openssl. */
export interface Certificates {
  /** The text of a certificate. */
  text(name: string): string;
  file(name: string): string;
  keyFile(name: string): string;
  /** What a server of the tests is started with to have it. */
  settings(name: string): readonly string[];
  remove(): void;
}

export function certificatesOf(names: readonly string[], what: string): Certificates | null {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-tls-'));
  const key = (name: string) => join(folder, `${name}.key`);
  const file = (name: string) => join(folder, `${name}.pem`);
  const remove = () => rmSync(folder, {recursive: true, force: true});
  try {
    execFileSync('openssl', ['version']);
  } catch {
    console.warn(`SKIPPED: ${what}: there is no openssl here`);
    remove();
    return null;
  }
  for (const name of names) {
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    const of = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const files = ['-keyout', key(name), '-out', file(name)];
    execFileSync('openssl', [...request, ...of, ...files], {stdio: 'pipe'});
    // MySQL 5.6 reads no key in the form of today.
    execFileSync('openssl', ['rsa', '-traditional', '-in', key(name), '-out', key(name)], {
      stdio: 'pipe',
    });
  }
  return {
    text: (name) => readFileSync(file(name), 'utf8'),
    file,
    keyFile: key,
    settings: (name) => [
      `--ssl-ca=${file(name)}`,
      `--ssl-cert=${file(name)}`,
      `--ssl-key=${key(name)}`,
    ],
    remove,
  };
}
