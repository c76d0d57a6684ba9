import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {type HostsReader, type HostsWriter, hostOver} from '../../steps/hosts/index.ts';
import {localShell} from '../../steps/local/index.ts';
import type {Session} from '../model/target.ts';

/** A host to try a step on, without a server. */
export interface FolderHost {
  readonly name: string;
  /** The files that it has at first: text by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface HostsInFolders {
  /** The open target, of kind `hosts`. */
  readonly session: Session<HostsReader, HostsWriter>;
  /** Every file of every host: its mode and text by `host:/path`. */
  picture(): Promise<Readonly<Record<string, string>>>;
  /** The folder that is the root of a host. */
  rootOf(host: string): string;
  /** Removes the folders. */
  close(): Promise<void>;
}

/**
 * A target of kind `hosts` whose hosts are folders of this machine. It is the same code that works on hosts, with
 * `/bin/sh` here instead of one over ssh: files and commands (`$ROOT` is the folder) are real. Units, crontabs and the
 * firewall would be those of this machine: a step that changes those is tried in the lab.
 */
export async function hostsInFolders(...hosts: readonly FolderHost[]): Promise<HostsInFolders> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-hosts-'));
  const rootOf = (host: string) => join(folder, host);
  for (const {name, files = {}} of hosts) {
    mkdirSync(rootOf(name), {recursive: true});
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(rootOf(name), path)), {recursive: true});
      writeFileSync(join(rootOf(name), path), text);
    }
  }
  const group: HostsWriter = {
    name: 'hosts',
    hosts: hosts.map(({name}) => hostOver({...localShell(name), root: rootOf(name)})),
  };
  const close = async () => rmSync(folder, {recursive: true, force: true});
  return {
    session: {reader: group, writer: group, close: async () => {}},
    picture: async () => Object.fromEntries(hosts.flatMap(({name}) => filesOf(name, rootOf(name)))),
    rootOf,
    close,
  };
}

const filesOf = (host: string, root: string): readonly (readonly [string, string])[] =>
  readdirSync(root, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const mode = (statSync(path).mode & 0o7777).toString(8);
      return [`${host}:/${relative(root, path)}`, `${mode} ${readFileSync(path, 'utf8')}`] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
