/** Exit codes say the state of the world (design, section 7). */
export const exitCodes = {
  done: 0,
  internalError: 1,
  usage: 2,
  blocked: 3,
  reversed: 4,
  halfWay: 5,
  reverseFailed: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Problems of the arguments or of files: no system was contacted. */
export const usageCodes: ReadonlySet<string> = new Set([
  'usage-error',
  'schema-load-target-unknown',
  'unknown-branch',
  'deployment-ambiguous',
  'tag-source-missing',
  'report-write-failed',
  'runs-not-comparable',
  'inventory-not-found',
  'inventory-invalid',
  'inventory-variable-missing',
  'fleet-not-found',
  'fleet-load-failed',
  'fleet-invalid',
  'fleet-unit-invalid',
  'fleet-collision',
  'runbook-not-found',
  'runbook-load-failed',
  'runbook-invalid',
  'params-invalid',
  'target-missing',
  'target-wrong-kind',
  'target-invalid',
  'secret-missing',
  'lab-fault-unknown',
  'drill-undecided',
  'unknown-run',
  'unknown-step',
  'unknown-checkpoint',
  'unknown-entry',
  'journal-damaged',
  'journal-unreadable',
  'journal-empty',
]);

/** The exit code of a command that a problem ended before it acted. */
export const exitCodeOf = (problemCode: string): ExitCode =>
  usageCodes.has(problemCode) ? exitCodes.usage : exitCodes.blocked;
