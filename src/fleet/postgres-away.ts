import {hintText} from '../model/hint.ts';
import {problemsIn} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import type {FleetDatabase} from './database.ts';
import {postgresProblem} from './postgres-problems.ts';

/** What a runner says of a PostgreSQL that does not answer: each thing once, until it is back. */
export class PostgresAway {
  readonly #database: Pick<FleetDatabase, 'place' | 'revive'>;
  readonly #say: (text: string) => void;
  #isAway = false;
  /** It was, since it is away: a standby, or a former primary server. */
  #isReadOnly = false;
  /** The code of the problem with which it could not be started again. */
  #notStarted: string | undefined;

  constructor(database: Pick<FleetDatabase, 'place' | 'revive'>, say: (text: string) => void) {
    this.#database = database;
    this.#say = say;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** It did not answer, or as it should: the own one of a state folder is started again. */
  async meet(error: unknown): Promise<void> {
    const known = postgresProblem(error, this.#database.place);
    const isReadOnly = known?.code === 'fleet-postgres-read-only';
    if (!this.#isAway || (isReadOnly && !this.#isReadOnly)) {
      const why = known?.message ?? `PostgreSQL does not answer: ${messageOf(error)}.`;
      // It stays so until somebody does something.
      const next = isReadOnly ? ` ${hintText(known.hint)}` : '';
      this.#say(`${why} Runs under way continue; nothing new begins.${next}`);
    }
    this.#isAway = true;
    this.#isReadOnly ||= isReadOnly;
    await this.#database.revive().catch((failure: unknown) => this.#sayNotStarted(failure));
  }

  answers(): void {
    if (this.#isAway) {
      this.#isAway = false;
      this.#isReadOnly = false;
      this.#notStarted = undefined;
      this.#say('PostgreSQL is back.');
    }
  }

  #sayNotStarted(failure: unknown): void {
    const [problem] = problemsIn(failure);
    const {code, text} = problem
      ? {code: problem.code, text: `${problem.message} ${hintText(problem.hint)}`}
      : {code: '', text: `PostgreSQL cannot be started again: ${messageOf(failure)}.`};
    if (code !== this.#notStarted) {
      this.#notStarted = code;
      this.#say(text);
    }
  }
}
