import type {Forecast} from './forecast.ts';
import type {ReversalForecast} from './range.ts';

/** Of the reversal to a checkpoint that is about to begin, or of what is left of one that continues. */
export function nextReversal(
  {isReversal, left, notMeasured, reversals}: Forecast,
  to: string | null,
): ReversalForecast | undefined {
  const rest = {to, ...(notMeasured.length > 0 ? {} : {range: left}), notMeasured};
  return isReversal ? rest : reversals.find((known) => known.to === to);
}
