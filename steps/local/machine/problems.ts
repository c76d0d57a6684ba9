import type {Problem} from '../../../src/index.ts';

export const localScriptFailed = (code: number | null, reason: string): Problem => ({
  code: 'local-script-failed',
  message: `/bin/sh on this machine could not prepare a command: exit code ${code}${reason === '' ? '' : `, ${reason.replace(/\.$/, '')}`}.`,
  hint: 'Install timeout (coreutils) and flock (util-linux), and check that this account may write to /tmp.',
});

export const localScriptTimeout = (limitMs: number): Problem => ({
  code: 'local-script-timeout',
  message: `/bin/sh on this machine did not end within ${limitMs / 1_000} s.`,
  hint: 'Check the load of this machine. The next check shows whether the command took effect.',
});
