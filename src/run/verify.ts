import {firstToChangeWrites, verifyRunbook} from '../engine/verify/verification.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Verification} from '../model/verification.ts';
import type {Host} from './host.ts';
import {type ReadRequest, readRunbook} from './read-runbook.ts';

interface Verified extends Verification {
  /** The runbook's name. */
  readonly runbook: string;
}

/** Explores every failure and every choice of a runbook. Contacts no system. */
export async function verify(host: Pick<Host, 'state'>, request: ReadRequest): Promise<Verified> {
  const {runbook, params} = await readRunbook(host, request);
  return {runbook: runbook.head.name, ...(await verification(runbook, params))};
}

/** Refuses a runbook that can come to a state that must not be. */
export async function refuseUnsafe(
  runbook: AnyRunbook,
  params: unknown,
  verifyCommand: string,
): Promise<void> {
  const {counterexamples} = await verification(runbook, params);
  const [first] = counterexamples;
  if (first) {
    throw new SwitcharooError(
      runbookUnsafe(runbook.head.name, first.because, counterexamples.length, verifyCommand),
    );
  }
}

async function verification(runbook: AnyRunbook, params: unknown): Promise<Verification> {
  const first = firstToChangeWrites(runbook, params);
  if (first !== undefined && !hasDatabases(runbook)) {
    throw new SwitcharooError(sidesMissing(runbook.head.name, first));
  }
  return verifyRunbook(runbook, params);
}

const hasDatabases = ({head: {sides}}: AnyRunbook): boolean =>
  sides?.old.database !== undefined && sides.new.database !== undefined;

const sidesMissing = (runbook: string, entry: string): Problem => ({
  code: 'sides-missing',
  message: `${entry} of ${runbook} changes which database accepts writes, but the runbook does not declare the databases of its two sides.`,
  hint: "Declare them in the runbook: sides: {old: {database: 'source'}, new: {database: 'aurora'}}.",
});

const runbookUnsafe = (
  runbook: string,
  because: string,
  count: number,
  command: string,
): Problem => ({
  code: 'runbook-unsafe',
  message: `${runbook} is not safe: ${because.replace(/\.$/, '')}${count > 1 ? ` (and ${count - 1} more)` : ''}. A protected inventory runs only verified runbooks.`,
  hint: {text: 'Fix the runbook. Show how this happens, step by step, with', command},
});
