import type {Problem} from '../../../src/index.ts';

export const copyIncomplete = ({
  from,
  to,
  program,
  said,
  at,
}: {
  readonly from: string;
  readonly to: string;
  readonly program: string;
  readonly said: string;
  readonly at: string;
}): Problem => ({
  code: 'copy-incomplete',
  message: `The copy of ${from} to ${to} is not whole, for the ${program} ended at ${at}: ${said}.`,
  hint: `Remove the cause, then resume: what is there of the copy on ${to} is dropped, and it begins anew. Or reverse.`,
});

export const copyInProgress = (name: string): Problem => ({
  code: 'copy-in-progress',
  message: `A session on ${name} still loads an earlier try of this copy, and KILL does not end it.`,
  hint: `Look at SHOW PROCESSLIST on ${name}: a large statement rolls back first. Wait until it is gone, then resume.`,
});
