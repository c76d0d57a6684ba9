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

export const loadRefused = ({
  from,
  to,
  part,
  output,
}: {
  readonly from: string;
  readonly to: string;
  readonly part: string;
  readonly output: string;
}): Problem => ({
  code: 'copy-incomplete',
  message: `The copy of ${from} to ${to} is incomplete. The load ended at ${part}: ${output.replace(/\.$/, '')}.`,
  hint: `Fix the cause, then resume: the incomplete copy on ${to} is dropped, and the copy restarts. Or reverse.`,
});

export const schemaLoadWithoutSource = (target: string): Problem => ({
  code: 'schema-load-source-missing',
  message: `The inventory has no server whose definitions can be loaded into ${target}.`,
  hint: 'Add the source, or its dedicated replica, to the inventory as a target of kind mysql.',
});

export const schemaLoadClientMissing = (server: string): Problem => ({
  code: 'schema-load-client-missing',
  message: `This machine has no dump client for ${server}.`,
  hint: "Install MySQL's own mysqldump and mysql (mariadb-dump and mariadb for MariaDB), or set clientFolder in the inventory's entry.",
});

export const schemaLoadTargetInUse = (target: string, use: string): Problem => ({
  code: 'schema-load-target-in-use',
  message: `${target} is not empty, so nothing was loaded into it: ${use}.`,
  hint: 'Give --load-schema an empty server of the target version.',
});

export const schemaLoadRunning = (target: string): Problem => ({
  code: 'schema-load-running',
  message: `Another process loads a schema into ${target}.`,
  hint: 'Wait until it has ended, then try again.',
});

export const schemaLoadLeft = (target: string, schemas: readonly string[]): Problem => ({
  code: 'schema-load-left',
  message: `The loaded definitions could not be removed from ${target}. Schemas: ${schemas.join(', ')}.`,
  hint: `Run the same command again: it removes them first. Or on ${target}: DROP DATABASE for each of them and for switcharoo.`,
});

export const copyInProgress = (name: string): Problem => ({
  code: 'copy-in-progress',
  message: `A session on ${name} still loads an earlier attempt of this copy, and KILL does not end it.`,
  hint: `Check SHOW PROCESSLIST on ${name}: a large statement rolls back first. Wait until it has ended, then resume.`,
});
