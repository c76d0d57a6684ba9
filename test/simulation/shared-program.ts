import type {Clock} from '../../src/engine/clock.ts';
import type {RunOutcome} from '../../src/engine/run-outcome.ts';
import type {Moment} from '../../src/model/moment.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import type {Progress} from '../../src/model/progress.ts';
import {refuseBesideWorker, refuseWhileElsewhere} from '../../src/run/guards.ts';
import {handOverRun} from '../../src/run/hand-over-run.ts';
import {exitCodeFor} from '../../src/run/outcome.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {
  beginRun,
  continueRun,
  forward,
  type RunSession,
  reverse,
  type SessionRequest,
} from '../../src/run/run-session.ts';
import {shareBeginning, sharedLogOf, shareEnd} from '../../src/run/run-store.ts';
import {shareEnded} from '../../src/run/share-ended.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {type Ended, Program, type Surroundings} from './program.ts';

interface Sharing {
  readonly store: ObjectStore;
  /** The time of the program goes on from there. */
  carryOn(last: Moment): void;
  /** How long people take to read and to type. */
  think(): Promise<void>;
  /** Throws when the other host has claimed the systems: all that a run without its store asks. */
  assertUnclaimed(): void;
}

/** The commands of a program whose journals are shared: the very code that runs, in the order of `Run` and the CLI. */
export class SharedProgram extends Program {
  readonly #sharing: Sharing;
  readonly #clock: Clock;
  readonly #aborting: AbortSignal;
  readonly #stopping: AbortSignal;

  constructor(around: Surroundings, sharing: Sharing) {
    super({...around, store: 'journals'});
    this.#sharing = sharing;
    this.#clock = around.clock;
    this.#aborting = around.aborting;
    this.#stopping = around.stopping;
  }

  async begin(run: string): Promise<Ended> {
    const request = this.request(run);
    const log = await this.#logOf(request, false);
    return this.#work(beginRun({...request, log}, {plan: 'p1', rehearsal: false}), forward);
  }

  /** `isAlone`: `--alone`. */
  async goOn(run: string, isAlone: boolean): Promise<Ended> {
    return this.#work(await this.#reopened(run, isAlone), (session) => {
      const {reversingTo} = session.context.record.progress;
      return reversingTo ? reverse(session, reversingTo.to, 'd1') : forward(session);
    });
  }

  async goBack(run: string, to: string | null, isAlone: boolean): Promise<Ended> {
    return this.#work(await this.#reopened(run, isAlone), (session) => {
      const {reversingTo} = session.context.record.progress;
      return reverse(session, reversingTo ? reversingTo.to : to, 'd1');
    });
  }

  /** `taken`: the other host loses what it has claimed. */
  async takeOver(run: string, isSure: boolean, taken: () => void): Promise<void> {
    const {store, think} = this.#sharing;
    const shared = await sharedRunIn(store, run, this.#stopping);
    await think();
    await takeOverRun(
      {
        ...{host: this.host, store, shared, isSure},
        whenTaken: async () => taken(),
        waiting: () => {},
        clockAt: (now) => this.#clockAt(now),
      },
      this.#stopping,
    );
  }

  handOver(run: string, to: string): Promise<void> {
    const clockFrom = (last: Moment) => {
      this.#sharing.carryOn(last);
      return this.#clock;
    };
    const {store} = this.#sharing;
    return handOverRun({host: this.host, store, run, to, clockFrom}, this.#stopping);
  }

  /** What the next command with the same inventory does first. */
  async catchUp(runs: readonly string[]): Promise<void> {
    const {store} = this.#sharing;
    await shareEnded({host: this.host, store, clock: this.#clock, runs}, this.#stopping);
  }

  #clockAt(now: Date): Clock {
    const aheadMs = now.getTime() - this.#clock.monotonic();
    return {...this.#clock, now: () => new Date(aheadMs + this.#clock.monotonic())};
  }

  async #reopened(run: string, isAlone: boolean): Promise<RunSession> {
    const planned = this.#refuseElsewhere(run, isAlone);
    const request = {...this.request(run), ...(isAlone ? {alone: true} : {})};
    // Once for the plan, and again when it was read.
    await this.#logOf(request, true);
    await this.#sharing.think();
    const log = await this.#logOf(request, true);
    if (isAlone) {
      this.#sharing.assertUnclaimed();
    }
    return continueRun({...request, log}, [], planned);
  }

  #refuseElsewhere(run: string, alone: boolean): Progress {
    const progress = progressIn(this.host, run);
    refuseBesideWorker(this.host, progress);
    this.#sharing.carryOn(progress.last);
    refuseWhileElsewhere({host: this.host, alone}, progress, this.#clock.now());
    return progress;
  }

  #logOf(request: SessionRequest, isEarlier: boolean) {
    return sharedLogOf(request, isEarlier, async () => this.#sharing.store);
  }

  async #work(
    session: RunSession,
    work: (session: RunSession) => Promise<RunOutcome>,
  ): Promise<Ended> {
    try {
      await shareBeginning(session, this.#aborting);
      const worked = await work(session);
      const lost = await shareEnd(session);
      const outcome: RunOutcome = lost ? {kind: 'paused', problem: lost} : worked;
      const {progress} = session.context.record;
      return {code: exitCodeFor(progress, outcome), outcome, progress};
    } finally {
      session.release();
      await session.leave();
    }
  }
}
