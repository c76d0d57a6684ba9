import {outageLimit, outageRule} from '../model/outage-limit.ts';
import type {Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {LongestOutage} from '../report/index.ts';
import {outageIn} from './past-runs.ts';
import type {SessionRequest} from './run-session.ts';

interface LimitRequest {
  readonly session: Pick<SessionRequest, 'host' | 'longestOutageMs'>;
  /** Of a run that began before. */
  readonly earlier?: {readonly progress: Progress};
  readonly now: Date;
}

/** How long an outage of a run may last: as asked for now, as the run began, or as its runbook says. */
export function longestOutageOf(
  runbook: AnyRunbook,
  {session: {host, longestOutageMs}, earlier, now}: LimitRequest,
): LongestOutage | null {
  const before = earlier?.progress;
  const declared = before ? before.longestOutageMs : runbook.head.outage?.longestMs;
  const rule = outageRule(runbook, longestOutageMs ?? declared);
  if (!rule || !before) {
    return rule ? {rule} : null;
  }
  const outage = outageIn(host, before);
  const limit = outage && outageLimit({...before, longestOutageMs: rule.longestMs}, outage);
  return outage?.since && limit ? {rule, lasting: {since: outage.since, limit, now}} : {rule};
}
