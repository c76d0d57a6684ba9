import type {Problem} from '../../../src/index.ts';
import {type Ended, noConnection} from './open-shell.ts';
import {
  type HostPlace,
  hostAlgorithmRefused,
  hostCommandFailed,
  hostJumpFailed,
  hostKeyChanged,
  hostKeyUnknown,
  hostLoginRefused,
  hostShellRefused,
  hostUnreachable,
  sudoRefused,
} from './problems.ts';

/** ssh ends with the exit code of the command, where it had a connection. `jumpMessages`: of ssh to a host between. */
export function problemOf(
  host: HostPlace,
  {code, started, loggedIn, stdout, stderr}: Ended,
  jumpMessages: string,
): Problem {
  const reason = lastLine(stderr) ?? (started ? undefined : lastLine(stdout)) ?? 'no output';
  if (code === noConnection) {
    return loggedIn
      ? hostUnreachable(host, reason)
      : loginProblem(host, stderr, reason, jumpMessages);
  }
  if (started) {
    return hostCommandFailed(host, code, reason);
  }
  return loggedIn ? sudoRefused(host, reason) : hostShellRefused(host, reason);
}

/**
 * Every host out of reach is 255: only its message distinguishes a changed key from a dead host (OpenSSH 9.2,
 * sshconnect.c). The port 65535 is that of a connection over another host, which has ended.
 */
function loginProblem(
  host: HostPlace,
  stderr: string,
  reason: string,
  jumpMessages: string,
): Problem {
  if (stderr.includes('UNKNOWN port 65535')) {
    const lines = `${stderr}\n${jumpMessages}`
      .split('\n')
      .filter((line) => !/UNKNOWN port|^kex_exchange|^stdio forwarding failed|^\s*$/.test(line));
    return hostJumpFailed(host, lastLine(lines.join('\n')) ?? reason);
  }
  if (stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return hostKeyChanged(host);
  }
  if (stderr.includes('Host key verification failed')) {
    return hostKeyUnknown(host);
  }
  const algorithm = /no matching [\w ]+ found.*|Invalid key length/.exec(stderr)?.[0];
  if (algorithm !== undefined) {
    return hostAlgorithmRefused(host, algorithm.replace(/\.?\s*$/, ''));
  }
  return /Permission denied \(|Too many authentication failures/.test(stderr)
    ? hostLoginRefused(host)
    : hostUnreachable(host, reason);
}

/** Without its full stop; nothing where there is no line. */
export const lastLine = (text: string) =>
  text.trim().split('\n').at(-1)?.trim().replace(/\.$/, '') || undefined;
