import type {Problem} from '../../../src/index.ts';

/** A host, as the operator knows it. */
export interface HostPlace {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly proxyJump?: string | undefined;
}

const place = ({name, address, port}: HostPlace) => `${name} (${address} port ${port})`;

/** The way by hand, for a hint. */
const sshCommand = ({proxyJump, port, user, address}: HostPlace) =>
  `ssh ${proxyJump === undefined ? '' : `-J ${proxyJump} `}-p ${port} ${user}@${address}`;

export const hostUnreachable = (host: HostPlace, reason: string): Problem => ({
  code: 'host-unreachable',
  message: `${place(host)} cannot be reached over ssh: ${reason}.`,
  hint: `Try it by hand: ${sshCommand(host)} true. The next check shows whether an interrupted command took effect.`,
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
  hint: `Check identityFile in the inventory, or the ssh agent, and authorized_keys of ${host.user} on ${host.name}. An RSA key, at a server older than OpenSSH 7.2, needs PubkeyAcceptedAlgorithms +ssh-rsa in ~/.ssh/config.`,
});

export const sudoRefused = (host: HostPlace, reason: string): Problem => ({
  code: 'sudo-refused',
  message: `${place(host)} does not let ${host.user} run a script as root: ${reason}.`,
  hint: `Allow it in sudoers on ${host.name}: ${/\btty\b/.test(reason) ? `Defaults:${host.user} !requiretty` : `${host.user} ALL=(root) NOPASSWD: /bin/sh`}`,
});

/** A login shell such as nologin, a ForceCommand of sshd, or a command= in authorized_keys. */
export const hostShellRefused = (host: HostPlace, reason: string): Problem => ({
  code: 'host-shell-refused',
  message: `${place(host)} accepts the login of ${host.user}, and then runs something else than the command of this run: ${reason}.`,
  hint: `Use an account with a login shell, without ForceCommand in sshd_config and without command= at its key. On ${host.name}: getent passwd ${host.user}; sshd -T -C user=${host.user} | grep -i forcecommand`,
});

/** `reason`: ssh's own words, with what the host offers. */
export const hostAlgorithmRefused = (host: HostPlace, reason: string): Problem => ({
  code: 'host-algorithm-refused',
  message: `ssh does not use what ${place(host)} offers: ${reason}.`,
  hint: `Update OpenSSH on ${host.name}, or allow it for this host alone in ~/.ssh/config: Host ${host.address}, then ${algorithmOption(reason)}`,
});

function algorithmOption(reason: string): string {
  const [, offer = 'ssh-rsa'] = /Their offer: ([^,\s]+)/.exec(reason) ?? [];
  const options: readonly (readonly [RegExp, string])[] = [
    [/host key type/, `HostKeyAlgorithms +${offer}`],
    [/key exchange/, `KexAlgorithms +${offer}`],
    [/cipher/, `Ciphers +${offer}`],
    [/MAC/, `MACs +${offer}`],
  ];
  return options.find(([kind]) => kind.test(reason))?.[1] ?? 'RequiredRSASize 1024';
}

/** The host itself was not reached: its problem is that of the host before it. */
export const hostJumpFailed = (host: HostPlace, reason: string): Problem => ({
  code: 'host-jump-failed',
  message: `${place(host)} cannot be reached over ${host.proxyJump ?? 'the host that ProxyJump or ProxyCommand in ssh_config names'}: ${reason}.`,
  hint: `Try it by hand: ${sshCommand(host)} true. The host between needs this key in authorized_keys, its own key in known_hosts, and AllowTcpForwarding.`,
});

export const hostCommandTimeout = (host: HostPlace, limitMs: number): Problem => ({
  code: 'host-command-timeout',
  message: `${place(host)} has not finished a command after ${limitMs / 1_000} s.`,
  hint: `Check its load and its disks: ${sshCommand(host)} uptime. The next check shows whether the command took effect.`,
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
