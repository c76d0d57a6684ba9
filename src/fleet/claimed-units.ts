import type {FleetDatabase} from './database.ts';
import type {Errand} from './engine.ts';
import {answerAgain, type Claimant, ownAttempts} from './unit-claims.ts';

/** The units that a runner works on, as far as it knows. */
export class Claims {
  readonly #database: Pick<FleetDatabase, 'pool'>;
  readonly #claimant: Claimant;
  readonly #held = new Map<Errand, AbortController>();

  constructor(database: Pick<FleetDatabase, 'pool'>, claimant: Claimant) {
    this.#database = database;
    this.#claimant = claimant;
  }

  /** `lost` is aborted when somebody else has the unit. It is checked until `done` is called. */
  add(errand: Errand): {readonly lost: AbortSignal; readonly done: () => void} {
    const lost = new AbortController();
    this.#held.set(errand, lost);
    return {lost: lost.signal, done: () => this.#held.delete(errand)};
  }

  /**
   * The units that somebody else has by now: their runs here stop. Each is returned once. Units that were given to a
   * person while this runner was silent are running again.
   */
  async leaveLost(): Promise<readonly Errand[]> {
    // Claimed before it is asked.
    const held = [...this.#held];
    if (held.length === 0) {
      return [];
    }
    const {pool} = this.#database;
    await answerAgain(
      pool,
      this.#claimant,
      held.map(([errand]) => attemptOf(errand)),
    );
    const own = new Set(await ownAttempts(pool, this.#claimant));
    const left = held.filter(
      ([errand, lost]) =>
        !own.has(attemptOf(errand)) && this.#held.has(errand) && !lost.signal.aborted,
    );
    for (const [, lost] of left) {
      lost.abort('its runner, which no longer has the unit');
    }
    return left.map(([errand]) => errand);
  }
}

const attemptOf = ({fleet, unit, attempt}: Errand): string => `${fleet}/${unit}/${attempt}`;
