import {journalStop} from '../engine/process-stop.ts';
import {askReversalLosses} from '../engine/reversal-loss.ts';
import {makeReversePlan, obstaclesToReversal} from '../engine/reverse-plan.ts';
import type {JournalEntry} from '../model/journal.ts';
import {placeText} from '../model/place.ts';
import type {Plan, ReversePlan} from '../model/plan.ts';
import {refuseAny} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {ReversalLossAnswer} from '../model/reversal-loss.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {LongestOutage, ReportOptions, RunReport} from '../report/index.ts';
import {type ApprovalRequest, approve} from './approval.ts';
import {audienceOf} from './audience.ts';
import {peopleText} from './channel-texts.ts';
import {refuseFinished, refuseUnchanged} from './choose-run.ts';
import {type ClaimRequest, type Claims, claimRequestFor, takeClaims} from './claims.ts';
import {refuseWithoutRoom} from './disk-room.ts';
import type {ExitCode} from './exit-codes.ts';
import {RunForecasts} from './forecasts.ts';
import {type ClaimSurvey, foreignClaims} from './foreign-claims.ts';
import {
  refuseBesideDamaged,
  refuseBesideUnfinished,
  refuseUnknownBesides,
  refuseUnknownCheckpoint,
} from './guards.ts';
import {keepClaims} from './kept-claims.ts';
import {longestOutageOf} from './longest-outage.ts';
import {obstaclesIn} from './obstacles.ts';
import type {OpenedWorld} from './open-world.ts';
import {approving, journalIdentity, settledSoon} from './operator-identity.ts';
import {exitCodeFor, type RunResult} from './outcome.ts';
import {reportWithEarlier} from './past-runs.ts';
import {changesSincePlan, savePlan} from './plan-store.ts';
import {refuseUnrehearsed, rehearsalRemarks} from './rehearsed.ts';
import type {RunParts} from './run-parts.ts';
import {beginRun, continueRun, forward, type RunSession, reverse} from './run-session.ts';
import {endElsewhere, shareBeginning, sharedLogOf, shareEnd} from './run-store.ts';
import {worldRemarks} from './session-remarks.ts';
import {RunWindow} from './window.ts';

/** One run, from its plan to its outcome: new, or reopened. It takes its lock when its plan is approved. */
export class Run {
  readonly #parts: RunParts<Run>;
  readonly #window: RunWindow;
  #session: RunSession | undefined;
  #claims: Claims | undefined;
  #identified: Promise<void> = Promise.resolve();
  #isClosed = false;
  #claimSurvey: ClaimSurvey | undefined;
  #sessionRemarks: readonly string[] = [];
  #people: string | undefined;

  constructor(parts: RunParts<Run>) {
    this.#parts = parts;
    this.#window = new RunWindow(parts, () => this.progress);
    this.forecasts = new RunForecasts(parts.session);
  }

  get name(): string {
    return this.#parts.session.run;
  }

  get runbook(): AnyRunbook {
    return this.#opened.runbook;
  }

  get inventory(): OpenedWorld['inventory'] {
    return this.#opened.inventory;
  }

  /** What is applied, and what is not; nothing before a new run began. */
  get progress(): Progress | undefined {
    return this.#session?.context.record.progress ?? this.#parts.earlier?.progress;
  }

  readonly forecasts: RunForecasts;
  readonly forecastNow = () => this.#session?.context.forecast?.();

  /** By the clock with which the run measures: nobody can set it. */
  readonly now = (): Date => this.#opened.world.clock.now();

  /** The journal so far; empty before the lock is taken. */
  get entries(): readonly JournalEntry[] {
    return this.#session?.journal.entries ?? [];
  }

  /** How long an outage may last: as asked for, as the run began, or as its runbook says. */
  get longestOutage(): LongestOutage | null {
    return longestOutageOf(this.runbook, {...this.#parts, now: this.now()});
  }

  /** What a person should know about its claims and the way to its targets, as of the last plan. */
  get remarks(): readonly string[] {
    const window = this.#window.state?.text ?? [];
    return [window, this.#claimSurvey?.remarks ?? [], this.#sessionRemarks].flat();
  }

  /** Who is told what happens, in a sentence; `undefined` without channels, or before a plan. */
  get people(): string | undefined {
    return this.#people;
  }

  /** Checks every entry that is not done, and plans it. Changes nothing. */
  async plan(): Promise<Plan> {
    const {session, earlier, until} = this.#parts;
    const {host, signals} = session;
    const ended = earlier ? [] : await endElsewhere(session);
    if (earlier) {
      refuseFinished(earlier.progress);
    } else {
      refuseUnknownCheckpoint(this.#opened, until);
      // Before any check: the changes of the unfinished run would be reported as obstacles, with hints to undo them.
      refuseBesideUnfinished(host, this.#opened);
    }
    const claims = await this.#surveyClaims();
    if (!earlier) {
      refuseUnknownBesides(host, session.besides, claims?.owners);
      refuseBesideDamaged(host, session.besides);
    }
    refuseAny(claims?.problems ?? []);
    await this.#window.ask();
    const made = await this.forecasts.timedPlan(this.progress, signals.stopping);
    const remarks = await worldRemarks(this.#opened, signals.stopping, session);
    const rehearsals = earlier ? [] : rehearsalRemarks(host, this.#opened);
    this.#sessionRemarks = [...ended, ...rehearsals, ...remarks];
    this.#people = peopleText(await this.#opened.channels());
    const plan = this.#opened.redactor.value(made);
    savePlan(host, plan);
    return plan;
  }

  /** Plans the reversal to a checkpoint (`null`: to the start), newest entry first. Changes nothing. */
  async planReversal(to: string | null): Promise<ReversePlan> {
    const {world, redactor} = this.#opened;
    const {progress} = this;
    if (!progress) {
      throw new Error(`${this.name} has not started`);
    }
    refuseUnchanged(progress);
    refuseAny((await this.#surveyClaims())?.problems ?? []);
    const planning = makeReversePlan(world, progress, to, this.#parts.session.signals.stopping);
    // While the targets answer: once it is approved, reading what earlier runs tell would delay the reversal.
    this.forecasts.prepare();
    return redactor.value(await planning);
  }

  /** Whether a reversal would lose anything now, as each applied entry answers. Changes nothing. */
  async reversalLosses(): Promise<readonly ReversalLossAnswer[]> {
    const {world, redactor} = this.#opened;
    const {progress} = this;
    const {stopping} = this.#parts.session.signals;
    return progress ? redactor.value(await askReversalLosses(world, progress, stopping)) : [];
  }

  /** Has the plan approved, then runs it. Throws when the plan has obstacles. */
  async forward(plan: Plan): Promise<RunResult> {
    refuseAny(obstaclesIn(plan));
    const {session, earlier, until} = this.#parts;
    // Before anybody is asked: only a reversal may go on with what is left of the reserve.
    refuseWithoutRoom(session.host, session.run, this.runbook.entries.length);
    await this.#window.refuseOutside();
    refuseUnrehearsed(this.#parts);
    const request = {
      about: 'plan',
      question: `${earlier ? 'Continue with' : 'Run'} this plan on ${this.inventory.name}?`,
      digest: plan.digest,
      changesSince: changesSincePlan(session.host, plan),
    } as const;
    return this.#approved(request, (running) => forward(running, until));
  }

  /** Has the plan of a reversal approved, then reverses. Throws when a new reversal has obstacles. */
  async reverse(plan: ReversePlan): Promise<RunResult> {
    const isInterrupted = this.progress?.reversingTo !== undefined;
    if (!isInterrupted) {
      refuseAny(obstaclesToReversal(plan));
    }
    const request = {
      about: 'reversal',
      question: `${isInterrupted ? 'Continue the reversal' : 'Reverse'} to ${placeText(plan.to)} on ${this.inventory.name}?`,
      digest: plan.digest,
    } as const;
    return this.#approved(request, (running) => reverse(running, plan.to, plan.digest));
  }

  /** The timeline so far, with the durations of the last comparable run. */
  report(measured: Omit<ReportOptions, 'head' | 'earlier'> = {}): RunReport {
    const {host, run} = this.#parts.session;
    const about = {runbook: this.runbook.head.name, run, head: this.#session?.context.record.head};
    return reportWithEarlier(host, this.entries, {...measured, ...about});
  }

  /** The state of the world as an exit code. */
  exitCode(result: RunResult): ExitCode {
    return exitCodeFor(this.progress, result);
  }

  /** Closes the journal and the targets, and gives the lock back. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.#session?.notices.stop();
      await this.#releaseClaims();
      this.#session?.release();
      await this.#session?.leave();
    }
    await this.#opened.close();
  }

  get #opened(): OpenedWorld {
    return this.#parts.session.opened;
  }

  async #approved(
    request: Omit<ApprovalRequest, 'inventory'>,
    work: (session: RunSession) => Promise<RunResult>,
  ): Promise<RunResult> {
    const {session, approver} = this.#parts;
    const {about, question, digest} = request;
    const complete = {...request, inventory: this.inventory};
    const {clock} = this.#opened.world;
    const askedMs = clock.monotonic();
    const signal = session.signals.stopping;
    const {answer, by, stops} = await approve(complete, approver, {clock, signal});
    if (answer === 'no') {
      return {kind: 'declined', by};
    }
    const tookMs = this.#session ? 0 : Math.round(clock.monotonic() - askedMs);
    if (about === 'plan') {
      // It may have closed while the plan was read.
      await this.#window.refuseOutside();
    }
    const running = this.#session ?? (await this.#begin(digest, about === 'plan'));
    const took = {details: [`plan ${digest}`], ...(tookMs > 0 ? {tookMs} : {})};
    const {record} = running.context;
    record.add({kind: 'answered', entry: null, about, question, answer, by, ...took});
    for (const stop of stops) {
      journalStop(record, stop);
    }
    const result = await work(running);
    await running.notices.settle();
    await settledSoon(this.#identified, running);
    const lost = await shareEnd(running);
    return lost ? {kind: 'paused', problem: lost} : result;
  }

  async #begin(plan: string, isForward: boolean): Promise<RunSession> {
    const {session, approver, earlier, onBegin} = this.#parts;
    const mayBegin = () => {
      refuseBesideUnfinished(session.host, this.#opened);
      refuseBesideDamaged(session.host, session.besides);
    };
    // Another run may have started while the plan was read: the state before this one is seen under its claim.
    const log = await sharedLogOf(session, earlier !== undefined);
    const forecaster = this.forecasts.prepare();
    this.#claims = await takeClaims({...this.#claimRequest, log});
    const audience = await audienceOf(session, earlier?.progress);
    const identity = await approving(session, isForward, earlier?.progress);
    const asked = {...session, ...this.#window.forSession};
    const claiming = {...asked, ...audience, ...identity, forecaster, claims: this.#claims, log};
    await session.mayBegin?.();
    this.#session = earlier
      ? continueRun(claiming, earlier.accepted, earlier.progress)
      : beginRun(claiming, {plan, rehearsal: approver.rehearsal, mayBegin});
    this.forecasts.keep();
    this.#identified = journalIdentity(this.#session, identity);
    onBegin?.(this);
    await shareBeginning(this.#session, session.signals.aborting);
    await keepClaims(this.#session, this.#claims);
    return this.#session;
  }

  async #releaseClaims(): Promise<void> {
    const [progress, claims] = [this.progress, this.#claims];
    if (!claims) {
      return;
    }
    if (!progress || progress.outcome === 'done' || appliedEntries(progress).length === 0) {
      await claims.letGo();
    }
    await claims.release();
  }

  /** Before any check: what another run has changed would be taken for the original state. */
  async #surveyClaims(): Promise<ClaimSurvey | undefined> {
    if (!this.#session) {
      if (this.#parts.earlier) {
        // What another host did since would be reported as obstacles.
        await sharedLogOf(this.#parts.session, true);
      }
      this.#claimSurvey = await foreignClaims(this.#claimRequest);
    }
    return this.#claimSurvey;
  }

  get #claimRequest(): ClaimRequest {
    return claimRequestFor(this.#parts.session, this.#parts.earlier?.progress);
  }
}
