import type {Problem} from '../../../src/index.ts';

/** A host, as the operator knows it. */
export interface HostPlace {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

const place = ({name, address, port}: HostPlace) => `${name} (${address} port ${port})`;

export const hostUnreachable = (host: HostPlace, reason: string): Problem => ({
  code: 'host-unreachable',
  message: `${place(host)} cannot be reached over ssh: ${reason}.`,
  hint: `Try it by hand: ssh -p ${host.port} ${host.user}@${host.address} true. The next check shows whether an interrupted command took effect.`,
});

export const hostKeyChanged = (host: HostPlace): Problem => ({
  code: 'host-key-changed',
  message: `The host key of ${place(host)} differs from the one in known_hosts.`,
  hint: `Do not continue: another machine may answer at this address. Compare the key with: ssh-keyscan -p ${host.port} ${host.address}`,
});

export const hostKeyUnknown = (host: HostPlace): Problem => ({
  code: 'host-key-unknown',
  message: `${place(host)} has no host key in known_hosts, so it cannot be verified.`,
  hint: `Compare its key with a trusted one, and add it to the known_hosts file in the inventory: ssh-keyscan -p ${host.port} ${host.address}`,
});

export const hostLoginRefused = (host: HostPlace): Problem => ({
  code: 'host-login-refused',
  message: `${place(host)} refuses the login of ${host.user} with the key at hand.`,
  hint: `Check identityFile in the inventory, or the ssh agent, and authorized_keys of ${host.user} on ${host.name}.`,
});

export const sudoRefused = (host: HostPlace, reason: string): Problem => ({
  code: 'sudo-refused',
  message: `${place(host)} does not let ${host.user} run a script as root: ${reason}.`,
  hint: `Allow it in sudoers on ${host.name}: ${host.user} ALL=(root) NOPASSWD: /bin/sh`,
});

export const hostCommandTimeout = (host: HostPlace, limitMs: number): Problem => ({
  code: 'host-command-timeout',
  message: `${place(host)} has not finished a command after ${limitMs / 1_000} s.`,
  hint: `Check its load and its disks: ssh -p ${host.port} ${host.user}@${host.address} uptime. The next check shows whether the command took effect.`,
});

export const hostCommandFailed = (
  host: HostPlace,
  code: number | null,
  output: string,
): Problem => ({
  code: 'host-command-failed',
  message: `A command on ${place(host)} ended with exit code ${code}: ${output}.`,
  hint: `Fix the cause on ${host.name}, then resume or reverse the run.`,
});

export const hostFileEdited = (name: string, what: string): Problem => ({
  code: 'host-file-edited',
  message: `${what} on ${name} differs from the last check: it was edited since.`,
  hint: `Nothing was written there. Stop configuration management on ${name}, then plan again.`,
});

/** Problems of several hosts, as one. */
export const hostsFailed = (problems: readonly [Problem, Problem, ...Problem[]]): Problem => ({
  code: new Set(problems.map(({code}) => code)).size === 1 ? problems[0].code : 'hosts-failed',
  message: problems.map(({message}) => message).join(' '),
  hint: [...new Set(problems.map(({hint}) => hint))].join(' '),
});
