import type {Problem} from '../../../src/index.ts';

export const localScriptFailed = (code: number | null, reason: string): Problem => ({
  code: 'local-script-failed',
  message: `/bin/sh on this machine could not prepare a command: exit code ${code}${reason === '' ? '' : `, ${reason.replace(/\.$/, '')}`}.`,
  hint: 'It needs timeout (coreutils), flock (util-linux) and a temporary folder that it may write to.',
});

export const localScriptTimeout = (limitMs: number): Problem => ({
  code: 'local-script-timeout',
  message: `/bin/sh on this machine has not ended after ${limitMs / 1_000} s.`,
  hint: 'Check the load of this machine. The next check shows whether the command took effect.',
});
