/** Exit codes say the state of the world (design, section 7). */
export const exitCodes = {
  done: 0,
  bug: 1,
  wrongWords: 2,
  blocked: 3,
  reversed: 4,
  halfWay: 5,
  reverseFailed: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Problems found in what was typed or in files: nothing was looked at yet. */
const wordCodes = new Set([
  'words-wrong',
  'branch-unknown',
  'deployment-unclear',
  'tag-source-missing',
  'html-not-written',
  'inventory-not-found',
  'inventory-invalid',
  'inventory-variable-missing',
  'runbook-not-found',
  'runbook-does-not-load',
  'runbook-invalid',
  'params-invalid',
  'target-missing',
  'target-wrong-kind',
  'target-invalid',
  'secret-missing',
  'run-unknown',
  'step-unknown',
  'checkpoint-unknown',
  'place-unknown',
  'journal-damaged',
  'journal-unreadable',
  'journal-empty',
]);

/** What a problem means that ended a command before it had acted. */
export const exitCodeOf = (problemCode: string): ExitCode =>
  wordCodes.has(problemCode) ? exitCodes.wrongWords : exitCodes.blocked;
