import type {EngineEvent} from '../engine/events.ts';
import {reversalLossText, reversePlanText} from '../report/index.ts';
import type {App} from './app.ts';

type PlannedReversal = Extract<EngineEvent, {kind: 'reverse-planned'}>;

/** What every reversal shows before it begins: its plan, and whether it loses anything. */
export function reversalPlanText(app: App, {plan, losses}: PlannedReversal): string {
  const lossless = reversalLossText(losses, app);
  return [reversePlanText(plan, app), ...(lossless.length > 0 ? ['', ...lossless] : [])].join('\n');
}
