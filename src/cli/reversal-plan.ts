import type {EngineEvent} from '../engine/events.ts';
import type {Forecast} from '../forecast/forecast.ts';
import {nextReversalSentence} from '../forecast/forecast-text.ts';
import {flow, reversalLossText, reversePlanText} from '../report/index.ts';
import type {App} from './app.ts';

type PlannedReversal = Extract<EngineEvent, {kind: 'reverse-planned'}>;

/** What every reversal shows before it begins: its plan, whether it loses anything, and how long it takes. */
export function reversalPlanText(
  app: App,
  {plan, losses}: PlannedReversal,
  forecast?: Forecast,
): string {
  const lossless = reversalLossText(losses, app);
  const times = (forecast ? nextReversalSentence(forecast, plan.to) : []).flatMap((text) =>
    flow([text], app),
  );
  const more = [lossless, times].filter(({length}) => length > 0);
  return [reversePlanText(plan, app), ...more.flatMap((lines) => ['', ...lines])].join('\n');
}
