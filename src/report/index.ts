export {
  foldWithOutage,
  noOutage,
  type Outage,
  outageAfter,
  outageMs,
  outageOf,
} from '../model/outage.ts';
export {appliedTexts} from './applied-text.ts';
export {type ComparedRun, comparedRun, comparisonText} from './compare.ts';
export {keptParts, keptSentence, rowsAreEqual, rowsSentence} from './counts-text.ts';
export {documentText} from './document.ts';
export {drillScoresOf} from './drill.ts';
export {
  type DrillDecision,
  type DrillDocument,
  type DrillFacts,
  drillDocument,
} from './drill-facts.ts';
export {drillText} from './drill-text.ts';
export {type EvidenceAge, isStale} from './evidence.ts';
export {fleetGrantsText} from './fleet-grants.ts';
export {type FleetPlan, fleetPlanText, type SharedSystem} from './fleet-plan.ts';
export {type FleetReport, fleetReportText} from './fleet-report.ts';
export {
  type FleetStatus,
  fleetStatusText,
  type RunnerSilence,
  silenceHint,
  silenceText,
  type WaitReason,
  waitReasons,
} from './fleet-status.ts';
export {type HolderName, watchOf} from './holder-text.ts';
export {momentUtc, type TextOptions} from './labels.ts';
export {logFollower, logText} from './log.ts';
export {outageTexts} from './outage-text.ts';
export {type Followed, pageMark, policyOf} from './page/document-html.ts';
export {fleetPageHtml, fleetPageState, type ShownFleet} from './page/fleet-page.ts';
export {type PageState, pageHtml, pageState, waitingHtml} from './page/page-html.ts';
export {FollowedJournal, type RunPage, runPage} from './page/run-page.ts';
export {pageText} from './page-text.ts';
export {ansiPaint, type Paint, plainPaint} from './paint.ts';
export {iamPolicies, type Missing, missingIn, permissionsText} from './permissions.ts';
export {planText} from './plan.ts';
export {planChanges} from './plan-changes.ts';
export type {EarlierRun, LongestOutage} from './plan-parts.ts';
export {remarkText} from './plan-sum.ts';
export {
  type JournalRoom,
  type PreflightReport,
  preflightFindings,
  preflightText,
} from './preflight.ts';
export {preflightChanges, preflightChangesText} from './preflight-changes.ts';
export {
  fitChanges,
  type NextCommand,
  nextText,
  problemText,
  type Trouble,
} from './problem.ts';
export {reportText} from './report-text.ts';
export type {FailedRequest, RequestCount} from './request-text.ts';
export {reversePlanText} from './reverse-plan.ts';
export {reversedText} from './reversed.ts';
export {
  type ForecastFigures,
  type KeptCount,
  type Measured,
  type ReportOptions,
  type RunReport,
  reportOf,
  type WriteCount,
} from './run-report.ts';
export {runsText} from './runs.ts';
export type {KnownFinding, SheetFacts} from './sheet-facts.ts';
export {sheetHtml, sheetMarkdown} from './sheet-page.ts';
export {reversalLossText, reversalText, statusText} from './status.ts';
export {limitText} from './status-head.ts';
export {stepsText, stepText} from './steps.ts';
export {flow} from './text.ts';
export {verificationText} from './verification.ts';
