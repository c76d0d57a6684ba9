import type {Forecast} from '../../forecast/forecast.ts';
import {missingApprovals} from '../../model/approval-fold.ts';
import {outageLimit} from '../../model/outage-limit.ts';
import type {Progress} from '../../model/progress.ts';
import {losslessOf} from '../../model/reversal-loss.ts';
import {
  type HolderName,
  type NextCommand,
  type Outage,
  outageMs,
  statusText,
  watchOf,
} from '../../report/index.ts';
import {runToShow} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {timeAfter} from '../../run/machine-clock.ts';
import {damagedRuns, keepFolds, openRuns, outageIn, recallFolds} from '../../run/past-runs.ts';
import {shownHolder} from '../../run/shown-holder.ts';
import type {TargetAnswers} from '../../run/target-answers.ts';
import type {App} from '../app.ts';
import type {DocumentOf} from '../documents/index.ts';
import {sayEmptyRuns} from '../empty-runs.ts';
import {nextCommands, ownersCommand} from '../next-commands.ts';
import {listenToSignals} from '../signals.ts';

type Answers = TargetAnswers | null;

/** What the state folder tells about a run and those beside it, at one moment. */
export interface RunStatus {
  readonly progress: Progress;
  readonly otherRuns: readonly Progress[];
  readonly next: readonly NextCommand[];
  readonly holder?: HolderName;
  readonly outage?: Outage;
  readonly forecast?: Forecast;
}

/** Shows the state of a run, what is next, who holds it, and whether a reversal would lose data now. */
export async function showStatus(
  app: App,
  name: string | undefined,
  offline: boolean,
): Promise<ExitCode> {
  recallFolds(app);
  const {progress} = readStatus(app, name);
  const answers = offline ? null : await targetAnswers(app, progress);
  const foreign = offline ? [] : await foreignClaims(app, progress);
  // The targets may have taken a while to answer, and the run went on meanwhile.
  const status = readStatus(app, progress.run.run);
  const forecast = offline ? undefined : await forecastOf(app, status);
  const next = foreign.length > 0 ? [ownersCommand(app, status.progress)] : status.next;
  app.print(statusIn(app, {...status, next, ...(forecast ? {forecast} : {})}, answers));
  sayEmptyRuns(app);
  if (!app.json) {
    for (const {run, problem} of damagedRuns(app)) {
      app.say(`! The journal of ${run} is damaged. ${problem.message}`);
    }
  }
  if (!app.json) {
    foreign.forEach(app.say);
  }
  keepFolds(app);
  return exitCodes.done;
}

/** This loads the runbook: offline nothing does. */
async function forecastOf(app: App, status: RunStatus): Promise<Forecast | undefined> {
  const {statusForecast} = await import('./status-forecast.ts');
  return (await statusForecast(app, status.progress))(status);
}

/** Asks the targets. Offline nothing of this is loaded. */
async function foreignClaims(app: App, progress: Progress): Promise<readonly string[]> {
  const {foreignClaimsOf} = await import('./claims.ts');
  return foreignClaimsOf(app, progress.run);
}

/** The status of the run of this name; without a name, of the newest. */
export function readStatus(app: App, name: string | undefined): RunStatus {
  const progress = runToShow(app, name);
  const holder = shownHolder(app, progress);
  const outage = outageIn(app, progress);
  return {
    progress,
    otherRuns: openRuns(app).filter(({run}) => run.run !== progress.run.run),
    next: nextCommands(app, progress),
    ...(holder ? {holder} : {}),
    ...(outage ? {outage} : {}),
  };
}

/** As text, or as one JSON document. */
export function statusIn(app: App, status: RunStatus, answers: Answers = null): string {
  const {progress, otherRuns, holder, next, outage, forecast} = status;
  const now = timeAfter(progress.last);
  if (app.json) {
    const commands = next.map(({command}) => command);
    const alsoOpen = otherRuns.map(({run}) => run.run);
    const damaged = damagedRuns(app).map(({run, problem: {message}}) => ({run, reason: message}));
    const document = {...statusDocument(progress, holder, commands), alsoOpen, damaged};
    return JSON.stringify({
      ...document,
      ...outageDocument(status, now),
      ...(forecast ? {forecast} : {}),
      ...answersDocument(answers),
    } satisfies DocumentOf<'status'>);
  }
  const held = holder ? {holder} : {};
  const asked = answers ? {reversal: answers.losses, upkeep: answers.upkeep} : {};
  const closed = {...(outage ? {outage} : {}), ...(forecast ? {forecast} : {})};
  return statusText(progress, {...app, now, next, otherRuns, ...held, ...asked, ...closed});
}

/** Asks the targets. This loads the engine and the steps, which a status alone does not need. */
async function targetAnswers(app: App, progress: Progress): Promise<Answers> {
  const {askTargets} = await import('../../run/target-answers.ts');
  const signals = listenToSignals(app.say);
  try {
    return await askTargets(app, progress, signals);
  } finally {
    signals.dispose();
  }
}

/** `limit.reversesTo` is there while the run would reverse by itself; `null` is the start. */
function outageDocument({progress, outage, holder}: RunStatus, now: Date | null) {
  if (!outage) {
    return {};
  }
  const limit = outageLimit(progress, outage);
  const isWatched = watchOf(progress, holder).isWatched && progress.outcome === 'running';
  return {
    outage: {
      ms: now && outageMs(outage, now),
      sinceUtc: outage.since?.toISOString() ?? null,
      ...(limit
        ? {
            limit: {
              ms: limit.limitMs,
              atUtc: limit.at.toISOString(),
              isWatched,
              ...(limit.reversesTo === undefined ? {} : {reversesTo: limit.reversesTo}),
            },
          }
        : {}),
    },
  };
}

const answersDocument = (answers: Answers) => ({
  ...(answers && answers.losses.length > 0
    ? {reversal: {lossless: losslessOf(answers.losses), entries: answers.losses}}
    : {}),
  ...(answers && answers.upkeep.length > 0 ? {inPlace: answers.upkeep} : {}),
});

export function statusDocument(
  progress: Progress,
  holder: HolderName | undefined,
  next: readonly string[],
) {
  const {run, outcome, entries, checkpoints, passedPointOfNoReturn, problem, seq} = progress;
  return {
    run: run.run,
    runbook: run.runbook.name,
    inventory: run.inventory.name,
    outcome,
    seq,
    startedAtUtc: progress.startedAt.toISOString(),
    checkpoints,
    passedPointOfNoReturn,
    holder: holder ? holderDocument(holder) : null,
    ...changingHandsDocument(progress),
    questions: progress.questions.map(({since, approval, ...question}) => ({
      ...question,
      sinceUtc: since.toISOString(),
      ...(approval
        ? {approval: {...approval, missing: missingApprovals(progress, question.entry, approval)}}
        : {}),
    })),
    approvals: progress.approvals.map(({kind: _, listed: _listed, ...given}) => given),
    problem: problem ?? null,
    entries: [...entries.values()].map(({id, phase, unit, state, applied}) => ({
      id,
      phase,
      unit,
      state,
      applied,
    })),
    next,
  };
}

const holderDocument = ({user, host, pid, dead = false, lastHeard}: HolderName) => ({
  ...{user, host, pid, dead},
  ...(lastHeard ? {lastHeardUtc: lastHeard.toISOString()} : {}),
});

const changingHandsDocument = ({handedOverTo, notBefore, operator}: Progress) => {
  const by = `${operator.user}@${operator.host}`;
  return {
    ...(handedOverTo === undefined ? {} : {handedOver: {to: handedOverTo, by}}),
    ...(notBefore ? {unfinishedTakeOver: {by, notBeforeUtc: notBefore.toISOString()}} : {}),
  };
};
