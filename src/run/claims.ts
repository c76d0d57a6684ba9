import type {RunClaims} from '../engine/context.ts';
import {inventoryWord} from '../inventory/names.ts';
import type {SharedLog} from '../journal/shared-log.ts';
import {shellWord} from '../model/hint.ts';
import type {FactOf} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {Claim} from '../model/target.ts';
import {messageOf} from '../model/thrown.ts';
import {
  type Claimant,
  type ClaimRelation,
  isInTheWay,
  isMadeHere,
  relationTo,
} from './claim-owner.ts';
import {claimLost, claimNotKept, systemsClaimed} from './claim-problems.ts';
import {type ClaimableSystem, claimableSystems} from './claimable-systems.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';
import type {SessionRequest} from './run-session.ts';

export interface ClaimRequest extends Claimant {
  readonly host: Host;
  readonly opened: OpenedWorld;
  /** What the run claimed for longer than its process before, as its journal says. */
  readonly lasting?: readonly string[];
  /** Its shared log: a process that has lost it leaves the claims of the new holder alone. */
  readonly log?: SharedLog | undefined;
  /** The run began earlier: a system that is out of reach does not keep it from being continued or reversed. */
  readonly isEarlier: boolean;
  readonly signal: AbortSignal;
}

/** What a process claims for a run; `earlier`: the progress of one that began before. */
export function claimRequestFor(
  {host, opened, run, signals, besides = [], alone}: SessionRequest,
  earlier: Progress | undefined,
): ClaimRequest {
  return {
    ...{host, opened, run, besides, lasting: lastingClaims(earlier)},
    isShared: opened.inventory.store !== undefined && (!alone || earlier?.wasTakenOver === true),
    isEarlier: earlier !== undefined,
    signal: signals.aborting,
  };
}

/** Of a run without changes in place, nobody needs to know what became of its claims. */
const lastingClaims = (progress: Progress | undefined): readonly string[] =>
  progress && appliedEntries(progress).length > 0 ? progress.lastingClaims : [];

/** What a run claimed, by the names of the targets. */
type Claimed = Omit<FactOf<'systems-claimed'>, 'kind'>;

/**
 * Takes the lock of every system of a run, and refuses when another run owns one. It keeps nothing yet: that is for
 * `keep`, when the run has a journal.
 */
export async function takeClaims(request: ClaimRequest): Promise<Claims> {
  const {isEarlier} = request;
  const {systems, unreachable} = await reachableSystems(request);
  const [first] = unreachable.filter(({isGuard}) => !isGuard);
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

/** What an earlier run has changed must be reversible in any case: for its sake, a restart is waited for. */
async function reachableSystems({opened, isEarlier, signal}: ClaimRequest) {
  for (let tries = 1; ; tries += 1) {
    const survey = await claimableSystems(opened, signal);
    if (survey.unreachable.every(({isGuard}) => isGuard) || !isEarlier || tries === triesToReach) {
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
    const {opened, signal} = this.#request;
    for (const system of this.#systems) {
      const isLooking = system.keeps === 'nothing';
      const isTaken = isLooking || (await system.claim.take(signal));
      const status = await system.claim.look(signal);
      const isFree = isLooking ? status.holder === null : isTaken;
      if (!isFree || isInTheWay(this.#request, status.claim, system.isGuard)) {
        const shown = isFree ? {...status, holder: null} : status;
        const problem = systemsClaimed(this.#request, system, shown);
        throw new SwitcharooError(opened.redactor.value(problem));
      }
    }
  }

  /** Writes the claims that outlive this process. */
  async keep({
    runbook,
    inventory,
    sinceUtc,
  }: Pick<Claim, 'runbook' | 'inventory' | 'sinceUtc'>): Promise<Claimed> {
    const {host, opened, run, signal} = this.#request;
    const {user, host: hostName} = host.operator;
    const mine = {run, runbook, inventory, user, host: hostName, sinceUtc, folder: host.state.path};
    const claim = {...opened.redactor.value(mine), journal: host.state.journalIdentity(run) ?? ''};
    const regained: string[] = [];
    for (const system of this.#systems.filter(({keeps}) => keeps === 'lasting')) {
      try {
        const relation = await this.#removeEnded(system);
        if (relation === 'none' && this.#request.lasting?.includes(system.target)) {
          regained.push(system.target);
        }
        if (relation !== 'foreign' && (await system.claim.keep(claim, signal)) === 'kept') {
          this.#kept.add(system);
        }
      } catch (cause) {
        if (system.isGuard && cause instanceof SwitcharooError) {
          // It is held while this process works. Its account need not have the grants of a cutover yet.
          continue;
        }
        const {
          runbook: {head},
        } = opened;
        throw new SwitcharooError(
          claimNotKept(
            system.target,
            messageOf(cause),
            `${head.name} -i ${shellWord(inventoryWord(opened.inventory.file))}`,
          ),
          {cause},
        );
      }
    }
    const names = (systems: readonly ClaimableSystem[]) => systems.map(({target}) => target);
    return {
      lasting: names(this.#systems.filter((system) => this.#kept.has(system))),
      whileActing: names(
        this.#systems.filter((system) => !this.#kept.has(system) && system.keeps !== 'nothing'),
      ),
      unreachable: [...this.#unreachable],
      regained,
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
    const held = this.#systems.filter(({keeps}) => keeps !== 'nothing');
    await Promise.all(held.map((system) => this.#assertOne(system)));
  }

  async letGo(): Promise<void> {
    const {host, run, log, signal} = this.#request;
    const isOwn = log && (await log.isOwn(signal).catch(() => undefined));
    if (isOwn === false) {
      return;
    }
    // While the store does not answer, only what was made with the journal here is removed.
    const isShared = isOwn === true;
    const journal = host.state.journalIdentity(run) ?? '';
    // One of a host from which it was taken over may be left: its server took no writes then.
    const left = isShared ? this.#systems.filter(({keeps}) => keeps === 'lasting') : [];
    for (const system of new Set([...this.#kept, ...left])) {
      try {
        const {claim} = isShared ? await system.claim.look(signal) : {claim: null};
        const key = claim?.run === run ? claim : {run, journal};
        // On a server that takes no writes it stays, and says which run it is of.
        await system.claim.drop(key, signal);
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
        if (system.isGuard) {
          // Out of reach, and nothing that this run changes. Its lasting claim is still there for the others.
          return;
        }
        if (tries === mostTries || opened.world.aborting.aborted) {
          throw this.#lose(system.target, messageOf(error));
        }
        await clock.sleep(betweenTriesMs, opened.world.aborting);
      }
    }
  }

  /** The connection was lost, and with it the lock. Why it is not ours any more; `null` when it is again. */
  async #retake({target, claim: system, isGuard, keeps}: ClaimableSystem): Promise<string | null> {
    const {signal} = this.#request;
    const isTaken = await system.take(signal);
    const {claim, holder} = await system.look(signal);
    if (!isTaken) {
      return `another process works on it through ${holder ?? 'another session'}`;
    }
    if (isInTheWay(this.#request, claim, isGuard)) {
      return `run ${claim?.run} owns it now`;
    }
    const wasKept = [...this.#kept].some((kept) => kept.target === target);
    return wasKept && keeps === 'lasting' && claim === null ? 'its claim was taken over' : null;
  }

  #lose(target: string, why: string): SwitcharooError {
    this.#lost ??= new SwitcharooError(claimLost(target, why, this.#request.run));
    return this.#lost;
  }

  /** What a run of this folder left that is over: its server took no writes then. Gives whose it is after that. */
  async #removeEnded({claim: system}: ClaimableSystem): Promise<ClaimRelation> {
    const {signal} = this.#request;
    const {claim} = await system.look(signal);
    const relation = relationTo(this.#request, claim);
    const isEarlierHost = relation === 'own' && claim && !isMadeHere(this.#request.host, claim);
    if (isEarlierHost && (await system.drop(claim, signal)) === 'dropped') {
      return 'own';
    }
    if (claim && relation === 'ended') {
      return (await system.drop(claim, signal)) === 'dropped' ? 'none' : 'foreign';
    }
    return relation;
  }
}

const mostTries = 10;
const triesToReach = 5;
const betweenTriesMs = 1_000;
