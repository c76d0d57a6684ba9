import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join, relative} from 'node:path';
import type {LabHost} from '../../../lab/hosts/host.ts';
import type {Session} from '../../../src/model/target.ts';
import type {HostsReader, HostsWriter} from '../../../steps/hosts/contract.ts';
import {hostGroup} from '../../../steps/hosts/target.ts';
import {startHosts, type TriedHostOptions, type TriedHosts} from '../../lab/hosts/lab-host.ts';

/** Lab hosts with the target open on them: the real OpenSSH client between the two. */
export interface LabWorld {
  readonly tried: TriedHosts;
  readonly session: Session<HostsReader, HostsWriter>;
  stop(): Promise<void>;
}

export async function startLabWorld(...hosts: readonly TriedHostOptions[]): Promise<LabWorld> {
  const tried = await startHosts(...hosts);
  const session = await openHosts(tried);
  return {
    tried,
    session,
    stop: async () => {
      await session.close();
      await tried.stop();
    },
  };
}

export async function openHosts({
  hosts,
  identityFile,
  knownHostsFile,
}: TriedHosts): Promise<LabWorld['session']> {
  const config = hostGroup.config.parse({
    hosts: hosts.map(({name, address, sshPort, user, root}) => ({
      name,
      address,
      port: sshPort,
      user,
      root,
      identityFile,
      knownHostsFile,
    })),
  });
  return hostGroup.open(config, {name: 'web', signal: new AbortController().signal});
}

/** All that the steps could change on a host: every file with its mode, what runs, and the firewall's rules. */
export function pictureOf({hosts}: TriedHosts, units: readonly string[]): unknown {
  return hosts.map((host) => ({
    host: host.name,
    files: filesBelow(host.root),
    units: units.map((unit) => `${unit} ${host.unitState(unit)}`),
    rules: host.rules(),
    held: host.ports.filter((port) => host.holds(port)),
  }));
}

export const contentOf = (host: LabHost, path: string): string =>
  readFileSync(join(host.root, path), 'utf8');

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, {recursive: true, withFileTypes: true})
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const stat = statSync(path);
      const content = stat.isDirectory() ? '' : readFileSync(path, 'utf8').replaceAll(root, '');
      return `${relative(root, path)} ${(stat.mode & 0o7777).toString(8)} ${content}`;
    })
    .sort();
}
