import {firstToChangeWrites, verifyRunbook} from '../engine/verify/verification.ts';
import {loadInventory} from '../inventory/inventory.ts';
import {loadRunbook, runbookWith} from '../inventory/runbook-file.ts';
import {paramsFor} from '../inventory/targets.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Verification} from '../model/verification.ts';
import type {Host} from './host.ts';
import {sampleParams} from './sample-params.ts';

interface VerifyRequest {
  /** A file, or the name of one in `runbooks/`. */
  readonly runbook: string;
  /** For its parameters alone: no target is opened, and no secret is read. */
  readonly inventory?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Verified extends Verification {
  /** The runbook's name. */
  readonly runbook: string;
}

/** Explores every failure and every choice of a runbook. Contacts no system. */
export async function verify(
  {state}: Pick<Host, 'state'>,
  request: VerifyRequest,
): Promise<Verified> {
  const inventory =
    request.inventory === undefined ? undefined : loadInventory(request.inventory, state.path);
  const loaded = await loadRunbook(request.runbook);
  const params = inventory
    ? paramsFor(loaded.runbook, inventory, request.params)
    : sampleParams(loaded.runbook.head.params, request.params);
  const runbook = runbookWith(loaded, params);
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
