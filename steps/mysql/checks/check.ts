import {type CheckWords, type Observation, type Survey, survey} from '../../../src/index.ts';
import type {Facts} from './facts.ts';

/** A replica replicates from another server of the same migration; any other server is a source. */
type Role = 'source' | 'replica';

export interface MysqlCheck extends CheckWords {
  /** The role for which the check is made; without it, for both. */
  readonly of?: Role;
  /** `others` are the other servers of the migration, Aurora among them. */
  find(server: Facts, others: readonly Facts[]): Promise<readonly Observation[]>;
}

/** What is checked, and how. */
interface CheckRun {
  readonly server: Facts;
  readonly role: Role;
  readonly others: readonly Facts[];
  /** Whether a check that cannot be made is reported as a finding, or thrown. */
  readonly trouble: 'reported' | 'thrown';
}

export function runChecks(checks: readonly MysqlCheck[], look: CheckRun): Promise<Survey> {
  const {server, role, others} = look;
  return survey(
    checks.filter((check) => check.of === undefined || check.of === role),
    server.name,
    (check) => check.find(server, others),
    look.trouble,
  );
}

/** One finding where the condition holds, else none. */
export const findingIf = (holds: boolean, is: string): readonly Observation[] =>
  holds ? [{is}] : [];
