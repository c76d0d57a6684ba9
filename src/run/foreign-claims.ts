import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {ClaimStatus, SystemClaim} from '../model/target.ts';
import {isInTheWay} from './claim-owner.ts';
import {systemsClaimed} from './claim-problems.ts';
import {changesSystems, claimableSystems, type SystemSurvey} from './claimable-systems.ts';
import type {ClaimRequest} from './claims.ts';

export interface ClaimSurvey {
  /** Why the systems of a run must not be changed now: another run owns them. */
  readonly problems: readonly Problem[];
  /** What a person should know about the claims before the run starts. */
  readonly remarks: readonly string[];
  /** The targets that other runs own or work on. */
  readonly owned: readonly string[];
  /** The runs that own a system of this one. */
  readonly owners: readonly string[];
}

/** Looks which runs own the systems of this one. It takes nothing. */
export async function foreignClaims(request: ClaimRequest): Promise<ClaimSurvey> {
  const {opened, signal} = request;
  const survey = await claimableSystems(opened, signal);
  const looks = await Promise.all(
    survey.systems.map(async (system) => {
      const status = await settledLook(request, system.claim).catch(unlessUnreachable);
      return {...system, status};
    }),
  );
  const all = looks.flatMap(({target, isGuard, status}) =>
    isInTheWay(request, status.claim, isGuard) || status.holder !== null
      ? [
          {
            target,
            isOwned: status.claim !== null,
            problem: systemsClaimed(request, {target, isGuard}, status),
          },
        ]
      : [],
  );
  // The run that owns one system works on the others too: its name is what matters.
  const owned = all.filter(({isOwned}) => isOwned);
  const shown = owned.length > 0 ? owned : all;
  const lost = looks.filter(({target, status}) => wasKept(request, target) && !status.claim);
  const owners = looks.flatMap(({status}) => (status.claim ? [status.claim.run] : []));
  return opened.redactor.value({
    problems: shown.map(({problem}) => problem),
    owned: shown.map(({target}) => target),
    remarks: [...unguarded(request, survey), ...lost.map(({target}) => claimGone(target))],
    owners,
  });
}

/** Says so when no other operator is kept out. */
function unguarded(
  {opened}: ClaimRequest,
  {systems, unreachable}: SystemSurvey,
): readonly string[] {
  if (!changesSystems(opened.runbook) || systems.some(({keeps}) => keeps !== 'nothing')) {
    return [];
  }
  const names = unreachable.map(({target, error}) => `${target}: ${error.problem.message}`);
  const {name} = opened.inventory;
  const hasReadable = systems.length > 0;
  if (hasReadable && unreachable.length === 0) {
    return [];
  }
  const reason =
    names.length > 0
      ? `no server of ${name} could be claimed (${names.join('; ')})`
      : `${name} has no MySQL server that a run could claim`;
  return [
    `Nothing keeps an operator with another state folder out: ${reason}. Check that nobody else works on ${name}.`,
  ];
}

const claimGone = (target: string): string =>
  `The claim of this run on ${target} is gone: somebody took it over. Another run may have changed ${target} since. Compare the plan with what you expect before you approve it.`;

const wasKept = ({lasting = []}: ClaimRequest, target: string): boolean => lasting.includes(target);

/** The plan says that a target cannot be read. */
function unlessUnreachable(error: unknown): ClaimStatus {
  if (error instanceof SwitcharooError) {
    return {claim: null, holder: null};
  }
  throw error;
}

/** The server may need a moment until it ends the session of a process that died. */
async function settledLook(
  {opened, signal}: ClaimRequest,
  system: SystemClaim,
): Promise<ClaimStatus> {
  const first = await system.look(signal);
  if (first.holder === null) {
    return first;
  }
  await opened.world.clock.sleep(betweenTriesMs, signal);
  return system.look(signal);
}

const betweenTriesMs = 1_000;
