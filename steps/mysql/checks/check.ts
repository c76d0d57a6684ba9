import {type CheckWords, type Found, type Survey, survey} from '../../../src/index.ts';
import type {MysqlReader} from '../contract.ts';
import {type Facts, factsOf} from './facts.ts';

/** A source is followed, a replica follows another server of the same migration. */
type Role = 'source' | 'replica';

export interface MysqlCheck extends CheckWords {
  /** In which roles a server is asked; without it, in both. */
  readonly of?: Role;
  /** `others` are the other servers of the migration, Aurora among them. */
  find(server: Facts, others: readonly Facts[]): Promise<readonly Found[]>;
}

/** How a look over one server goes. */
interface CheckRun {
  readonly server: MysqlReader;
  readonly role: Role;
  readonly others: readonly MysqlReader[];
  readonly signal: AbortSignal;
  /** Whether a check that cannot be made is told like a finding, or thrown. */
  readonly trouble: 'reported' | 'thrown';
}

export function runChecks(checks: readonly MysqlCheck[], look: CheckRun): Promise<Survey> {
  const {server, role, signal} = look;
  const facts = factsOf(server, signal);
  const others = look.others.map((other) => factsOf(other, signal));
  return survey(
    checks.filter((check) => check.of === undefined || check.of === role),
    server.name,
    (check) => check.find(facts, others),
    look.trouble,
  );
}

/** One finding if it is so. */
export const findingIf = (isSo: boolean, is: string): readonly Found[] => (isSo ? [{is}] : []);
