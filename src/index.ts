export type {EngineEvent} from './engine/events.ts';
export type {Answer, Choice, Failure, Operator, Question} from './engine/operator.ts';
export {type AlsoWritten, alsoWritten} from './model/also-written.ts';
export {approve} from './model/approve.ts';
export type {ChangeCalendar} from './model/change-calendar.ts';
export {confirm} from './model/confirm.ts';
export type {Effects, Sides, SystemFact} from './model/effects.ts';
export type {Known} from './model/entry.ts';
export {type ExtendedRunbook, extendRunbook} from './model/extend-runbook.ts';
export {defineFleet, type Fleet} from './model/fleet.ts';
export type {Hint} from './model/hint.ts';
export {elapsedMs, shifted} from './model/moment.ts';
export type {ObjectHistory, ObjectStore, StoreSetup} from './model/object-store.ts';
export type {PersonNeeded} from './model/person.ts';
export {
  type CheckWords,
  type Finding,
  listed,
  type Observation,
  observedError,
  observedIn,
  type Preflight,
  preflightOf,
  type Survey,
  survey,
  verdictOn,
} from './model/preflight.ts';
export {isPrincipalArn, type Principal} from './model/principal.ts';
export {NotTold, type Problem, SwitcharooError} from './model/problem.ts';
export type {ReversalLoss} from './model/reversal-loss.ts';
export type {Grant, NeedStatus, Rights} from './model/rights.ts';
export type {Ping} from './model/round-trip.ts';
export type {Json} from './model/run-started.ts';
export {defineFragment, defineRunbook, type Fragment, type Runbook} from './model/runbook.ts';
export {
  type Action,
  defineGate,
  defineOneWayStep,
  defineStep,
  type Gate,
  type Look,
  type OneWayStep,
  type ReportProgress,
  type SharedReads,
  type Step,
  type Upkeep,
} from './model/step.ts';
export {
  type Claim,
  type ClaimKey,
  type ClaimStatus,
  defineTarget,
  type EnterContext,
  type Entrance,
  type Keeper,
  type OpenContext,
  type Session,
  type SystemClaim,
  type TargetKind,
} from './model/target.ts';
export {holds, lapsed, type UpkeepVerdict} from './model/upkeep.ts';
export {
  type Blocked,
  blocked,
  type Difference,
  done,
  measured,
  needsAnswer,
  needsPerson,
  pending,
  remarked,
  type Verdict,
  waiting,
  waitingFor,
} from './model/verdict.ts';
export {
  type ExitCode,
  openRun,
  proxyAgent,
  type ReopenRequest,
  type Run,
  type RunRequest,
  type RunResult,
  reopenRun,
  type StopSignals,
} from './run/index.ts';
