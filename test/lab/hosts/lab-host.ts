import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type HostOptions, type LabHost, startHost} from '../../../lab/hosts/host.ts';
import {createLabKey} from '../../../lab/hosts/keys.ts';
import {Processes} from '../../../lab/processes.ts';

/** Some lab hosts in one folder, and the real OpenSSH client to reach them. */
export interface TriedHosts {
  readonly directory: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly hosts: readonly LabHost[];
  ssh(host: LabHost, command: string, options?: SshOptions): Promise<SshResult>;
  stop(): Promise<void>;
}

export interface SshResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface SshOptions {
  readonly input?: string;
  readonly user?: string;
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
}

export type TriedHostOptions = Omit<
  HostOptions,
  'directory' | 'processes' | 'authorizedKey' | 'address'
>;

export async function startHosts(...hostOptions: readonly TriedHostOptions[]): Promise<TriedHosts> {
  const directory = await mkdtemp(join(tmpdir(), 'switcharoo-hosts-'));
  const processes = new Processes(directory);
  const {identityFile, publicKey} = createLabKey(directory);
  const network = `127.${byte()}.${byte()}`;
  const hosts = await Promise.all(
    hostOptions.map((options, index) =>
      startHost({
        ...options,
        directory,
        processes,
        authorizedKey: publicKey,
        address: `${network}.${11 + index}`,
      }),
    ),
  );
  const knownHostsFile = join(directory, 'known_hosts');
  await writeFile(knownHostsFile, hosts.map(({knownHost}) => `${knownHost}\n`).join(''));
  return {
    directory,
    identityFile,
    knownHostsFile,
    hosts,
    ssh: (host, command, options) => ssh({identityFile, knownHostsFile}, host, command, options),
    stop: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
      await processes.endAll();
      await rm(directory, {recursive: true, force: true});
    },
  };
}

const byte = () => 1 + Math.floor(Math.random() * 254);

function ssh(
  files: {readonly identityFile: string; readonly knownHostsFile: string},
  {address, user, sshPort}: LabHost,
  command: string,
  options: SshOptions = {},
): Promise<SshResult> {
  const args = [
    [
      '-F',
      'none',
      '-i',
      options.identityFile ?? files.identityFile,
      '-p',
      String(sshPort),
      '-l',
      options.user ?? user,
    ],
    [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=yes',
      'ConnectTimeout=5',
      `UserKnownHostsFile=${options.knownHostsFile ?? files.knownHostsFile}`,
    ].flatMap((option) => ['-o', option]),
    ['--', address, command],
  ].flat();
  return new Promise((resolve) => {
    const child = execFile('ssh', args, {timeout: 60_000}, (problem, stdout, stderr) =>
      resolve({code: problem ? Number(problem.code ?? -1) : 0, stdout, stderr}),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}
