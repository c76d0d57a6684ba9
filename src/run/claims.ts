import type {RunClaims} from '../engine/context.ts';
import type {FactOf} from '../model/journal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Claim, ClaimStatus, SystemClaim} from '../model/target.ts';
import {messageOf} from '../model/thrown.ts';
import {claimLost, claimNotKept, systemsClaimed} from './claim-problems.ts';
import {type ClaimableSystem, claimableSystems, isAtRestHere} from './claimable-systems.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';

export interface ClaimRequest {
  readonly host: Host;
  readonly opened: OpenedWorld;
  readonly run: string;
  /** The run began earlier: a system that is out of reach does not keep it from being continued or reversed. */
  readonly isEarlier: boolean;
  readonly signal: AbortSignal;
}

/** What a run claimed, by the names of the targets. */
type Claimed = Omit<FactOf<'systems-claimed'>, 'kind'>;

/** Why the systems of a runbook must not be changed by this run now: another run owns them. It takes nothing. */
export async function foreignClaims(request: ClaimRequest): Promise<readonly Problem[]> {
  const {host, opened, run, signal} = request;
  const {systems} = await claimableSystems(opened, signal);
  const problems = await Promise.all(
    systems.map(async ({target, claim: system}) => {
      const {claim, holder} = await settledLook(request, system).catch(unlessUnreachable);
      const isForeign = claim !== null && claim.run !== run && !isAtRestHere(host, claim.run);
      return isForeign || holder !== null
        ? [
            {
              isOwned: claim !== null,
              problem: systemsClaimed(target, {
                ...{claim, holder, host},
                inventory: opened.inventory.file,
              }),
            },
          ]
        : [];
    }),
  );
  // The run that owns one system works on the others too: its name is what matters.
  const all = problems.flat();
  const owned = all.filter(({isOwned}) => isOwned);
  const shown = owned.length > 0 ? owned : all;
  return opened.redactor.value(shown.map(({problem}) => problem));
}

/**
 * Takes the lock of every system of a run, and refuses when another run owns one. It keeps nothing yet: that is for
 * `keep`, when the run has a journal.
 */
export async function takeClaims(request: ClaimRequest): Promise<Claims> {
  const {isEarlier} = request;
  const {systems, unreachable} = await reachableSystems(request);
  const [first] = unreachable;
  if (first && !isEarlier) {
    throw first.error;
  }
  const claims = new Claims(
    request,
    systems,
    unreachable.map(({target}) => target),
  );
  try {
    await claims.takeAll();
    return claims;
  } catch (error) {
    await claims.release();
    throw error;
  }
}

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

/** What an earlier run has changed must be reversible in any case: for its sake, a restart is waited for. */
async function reachableSystems({opened, isEarlier, signal}: ClaimRequest) {
  for (let tries = 1; ; tries += 1) {
    const survey = await claimableSystems(opened, signal);
    if (survey.unreachable.length === 0 || !isEarlier || tries === triesToReach) {
      return survey;
    }
    await opened.world.clock.sleep(betweenTriesMs, signal);
  }
}

/** The hold of one process on the systems of its run. */
export class Claims implements RunClaims {
  readonly #request: ClaimRequest;
  readonly #systems: readonly ClaimableSystem[];
  readonly #unreachable: readonly string[];
  readonly #kept = new Set<ClaimableSystem>();
  readonly #holding = new Map<ClaimableSystem, Promise<void>>();
  #lost: SwitcharooError | undefined;

  constructor(
    request: ClaimRequest,
    systems: readonly ClaimableSystem[],
    unreachable: readonly string[],
  ) {
    this.#request = request;
    this.#systems = systems;
    this.#unreachable = unreachable;
  }

  /** In the order of the systems, which is the same on every host: of two that try at once, one gets all. */
  async takeAll(): Promise<void> {
    const {host, opened, signal} = this.#request;
    for (const {target, claim: system} of this.#systems) {
      const isTaken = await system.take(signal);
      const status = await system.look(signal);
      if (!isTaken || this.#isForeign(status.claim)) {
        const facts = {...status, host, inventory: opened.inventory.file};
        const shown = isTaken ? {...facts, holder: null} : facts;
        throw new SwitcharooError(opened.redactor.value(systemsClaimed(target, shown)));
      }
    }
  }

  /** Writes the claims that outlive this process. */
  async keep({
    runbook,
    inventory,
    sinceUtc,
  }: Omit<Claim, 'run' | 'user' | 'host'>): Promise<Claimed> {
    const {host, opened, run, signal} = this.#request;
    const {user, host: hostName} = host.operator;
    const mine = {run, runbook, inventory, user, host: hostName, sinceUtc};
    const claim = opened.redactor.value(mine);
    for (const system of this.#systems.filter(({isLasting}) => isLasting)) {
      try {
        await this.#replaceStale(system);
        if ((await system.claim.keep(claim, signal)) === 'kept') {
          this.#kept.add(system);
        }
      } catch (cause) {
        const {
          runbook: {head},
        } = opened;
        throw new SwitcharooError(
          claimNotKept(system.target, messageOf(cause), `${head.name} -i ${opened.inventory.file}`),
          {cause},
        );
      }
    }
    const names = (systems: readonly ClaimableSystem[]) => systems.map(({target}) => target);
    return {
      lasting: names(this.#systems.filter((system) => this.#kept.has(system))),
      whileActing: names(this.#systems.filter((system) => !this.#kept.has(system))),
      unreachable: [...this.#unreachable],
    };
  }

  async assertHeld(target: string): Promise<void> {
    if (this.#lost) {
      throw this.#lost;
    }
    if (this.#unreachable.includes(target)) {
      throw new SwitcharooError(
        claimLost(target, 'it was unreachable when this process started', this.#request.run),
      );
    }
    await Promise.all(this.#systems.map((system) => this.#assertOne(system)));
  }

  async letGo(): Promise<void> {
    const {run, signal} = this.#request;
    for (const system of this.#kept) {
      try {
        // On a server that takes no writes it stays, and says which run it is of.
        await system.claim.drop(run, signal);
        this.#kept.delete(system);
      } catch {
        // Out of reach. The run has ended well all the same, and its journal says so to the next one.
      }
    }
  }

  async release(): Promise<void> {
    await Promise.all(this.#systems.map(({claim}) => claim.release()));
  }

  /** Lanes that act at the same time ask once. */
  #assertOne(system: ClaimableSystem): Promise<void> {
    const holding =
      this.#holding.get(system) ?? this.#hold(system).finally(() => this.#holding.delete(system));
    this.#holding.set(system, holding);
    return holding;
  }

  async #hold(system: ClaimableSystem): Promise<void> {
    const {opened, signal} = this.#request;
    const {clock} = opened.world;
    for (let tries = 1; ; tries += 1) {
      try {
        const why = (await system.claim.isHeld(signal)) ? null : await this.#retake(system);
        if (why === null) {
          return;
        }
        throw this.#lose(system.target, why);
      } catch (error) {
        if (error === this.#lost) {
          throw error;
        }
        if (tries === mostTries || opened.world.aborting.aborted) {
          throw this.#lose(system.target, messageOf(error));
        }
        await clock.sleep(betweenTriesMs, opened.world.aborting);
      }
    }
  }

  /** The connection was lost, and with it the lock. Why it is not ours any more; `null` when it is again. */
  async #retake({target, claim: system, ...rest}: ClaimableSystem): Promise<string | null> {
    const {signal} = this.#request;
    const isTaken = await system.take(signal);
    const {claim, holder} = await system.look(signal);
    if (!isTaken) {
      return `another process works on it through ${holder ?? 'another session'}`;
    }
    if (this.#isForeign(claim)) {
      return `run ${claim?.run} owns it now`;
    }
    const wasKept = [...this.#kept].some((kept) => kept.target === target);
    return wasKept && rest.isLasting && claim === null ? 'its claim was taken over' : null;
  }

  #lose(target: string, why: string): SwitcharooError {
    this.#lost ??= new SwitcharooError(claimLost(target, why, this.#request.run));
    return this.#lost;
  }

  #isForeign(claim: Claim | null): boolean {
    const {host, run} = this.#request;
    return claim !== null && claim.run !== run && !isAtRestHere(host, claim.run);
  }

  /** Of a run of this state folder that has nothing in place, and died before it could remove its claim. */
  async #replaceStale({claim: system}: ClaimableSystem): Promise<void> {
    const {run, signal} = this.#request;
    const {claim} = await system.look(signal);
    if (claim && claim.run !== run) {
      await system.drop(claim.run, signal);
    }
  }
}

const mostTries = 10;
const triesToReach = 5;
const betweenTriesMs = 1_000;
