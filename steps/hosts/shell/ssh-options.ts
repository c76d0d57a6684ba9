import type {HostsConfig} from '../contract.ts';
import {quote} from './quote.ts';

type HostConfig = HostsConfig['hosts'][number];

/** The words for ssh before the address. `socket`: where the connections to this host share one. */
export function sshOptions(host: HostConfig, socket: string): readonly string[] {
  const {port, user, proxyJump} = host;
  const options = {
    ...loginOptions(host),
    ControlMaster: 'auto',
    ControlPath: socket,
    ControlPersist: '60',
    ...(proxyJump === undefined ? {} : {ProxyCommand: jumpCommand(host, proxyJump, socket)}),
  };
  return ['-p', `${port}`, '-l', user, '-T', ...optionWords(options)];
}

function loginOptions({identityFile, knownHostsFile}: HostConfig) {
  return {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: '5',
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ...(knownHostsFile === undefined ? {} : {UserKnownHostsFile: knownHostsFile}),
    ...(identityFile === undefined ? {} : {IdentityFile: identityFile, IdentitiesOnly: 'yes'}),
  };
}

const optionWords = (options: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

/** Where the ssh to the host between writes its messages: with ControlPersist, ssh throws those of a proxy away. */
export const jumpMessages = (socket: string): string => `${socket}.jump`;

/** ssh's own ProxyJump hands neither the key nor the known_hosts file of the command line on to the host between. */
function jumpCommand(host: HostConfig, proxyJump: string, socket: string): string {
  const [, user = host.user, address = '', port = '22'] =
    /^(?:([^@]+)@)?([^@:]+)(?::(\d+))?$/.exec(proxyJump) ?? [];
  const words = ['-p', port, '-l', user, ...optionWords(loginOptions(host)), '--', address];
  const [options, messages] = [words.map(quote).join(' '), quote(jumpMessages(socket))].map(
    (text) => text.replaceAll('%', '%%'),
  );
  // The login shell of the operator need not be POSIX either.
  return `/bin/sh -c ${quote(`exec ssh -W "[%h]:%p" ${options} 2>${messages}`)}`;
}
