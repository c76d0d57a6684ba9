import type {Problem} from '../../../src/index.ts';

/** Which host, as the operator knows it. */
export interface HostPlace {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

const place = ({name, address, port}: HostPlace) => `${name} (${address} port ${port})`;

export const hostUnreachable = (host: HostPlace, said: string): Problem => ({
  code: 'host-unreachable',
  message: `${place(host)} cannot be reached over ssh: ${said}.`,
  hint: `Try it by hand: ssh -p ${host.port} ${host.user}@${host.address} true. What was under way there is settled by the next look.`,
});

export const hostKeyChanged = (host: HostPlace): Problem => ({
  code: 'host-key-changed',
  message: `${place(host)} shows another host key than the one in known_hosts.`,
  hint: 'Do not go on: another machine may be answering in its place. Find out from whoever runs the host why its key changed.',
});

export const hostKeyUnknown = (host: HostPlace): Problem => ({
  code: 'host-key-unknown',
  message: `${place(host)} has no host key in known_hosts, so nobody can say that it is the right machine.`,
  hint: 'Compare its key with one that you trust, and add it to the known_hosts file that the inventory names.',
});

export const hostLoginRefused = (host: HostPlace): Problem => ({
  code: 'host-login-refused',
  message: `${place(host)} does not let ${host.user} log in with the key at hand.`,
  hint: `Check identityFile in the inventory, or the ssh agent, and authorized_keys of ${host.user} on ${host.name}.`,
});

export const hostRootRefused = (host: HostPlace, said: string): Problem => ({
  code: 'host-root-refused',
  message: `${place(host)} does not let ${host.user} run a script as root: ${said}.`,
  hint: `Allow it in sudoers on ${host.name}: ${host.user} ALL=(root) NOPASSWD: /bin/sh`,
});

export const hostTooSlow = (host: HostPlace, limitMs: number): Problem => ({
  code: 'host-too-slow',
  message: `${place(host)} has not finished a command after ${limitMs / 1_000} s.`,
  hint: `Look at its load and its disks. What was under way there is settled by the next look.`,
});

export const hostCommandFailed = (host: HostPlace, code: number | null, said: string): Problem => ({
  code: 'host-command-failed',
  message: `A command on ${place(host)} ended with exit code ${code}: ${said}.`,
  hint: `Put right on ${host.name} what it says, then go on.`,
});

export const hostFileEdited = (name: string, what: string): Problem => ({
  code: 'host-file-edited',
  message: `${what} on ${name} is not as the last look saw it: someone changed it meanwhile.`,
  hint: 'Nothing was written there. Find out who edits it (configuration management?), then plan again.',
});

/** Several hosts in trouble, told at once. */
export const hostsInTrouble = (problems: readonly [Problem, Problem, ...Problem[]]): Problem => ({
  code: new Set(problems.map(({code}) => code)).size === 1 ? problems[0].code : 'hosts-in-trouble',
  message: problems.map(({message}) => message).join(' '),
  hint: [...new Set(problems.map(({hint}) => hint))].join(' '),
});
