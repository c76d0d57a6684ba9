import type {Problem} from '../../../src/index.ts';

export const copyIncomplete = ({
  from,
  to,
  program,
  output,
  progress,
}: {
  readonly from: string;
  readonly to: string;
  readonly program: string;
  readonly output: string;
  readonly progress: string;
}): Problem => ({
  code: 'copy-incomplete',
  message: `The copy of ${from} to ${to} is incomplete. The ${program} ended at ${progress}: ${output}.`,
  hint: `Fix the cause, then resume: the incomplete copy on ${to} is dropped, and the copy restarts. Or reverse.`,
});

export const copyInProgress = (name: string): Problem => ({
  code: 'copy-in-progress',
  message: `A session on ${name} still loads an earlier attempt of this copy, and KILL does not end it.`,
  hint: `Check SHOW PROCESSLIST on ${name}: a large statement rolls back first. Wait until it has ended, then resume.`,
});
