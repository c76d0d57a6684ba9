import {durationText} from '../model/duration.ts';
import type {EarlierFigures, RunContext} from './context.ts';

/** "a", "a and b", "a, b and c". */
export function namesText(names: readonly string[], joint = 'and'): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${joint} ${last}`;
}

/** What an earlier run of the runbook took: its outage, and what `more` tells. */
export function earlierFigures(
  {runbook, earlier}: Pick<RunContext, 'runbook' | 'earlier'>,
  more: (earlier: EarlierFigures) => readonly string[],
): readonly string[] {
  if (earlier === undefined) {
    return [];
  }
  if (earlier === null) {
    return [`No earlier run of ${runbook.head.name} is recorded here, so its duration is unknown.`];
  }
  const {outageMs} = earlier;
  const outage = outageMs === undefined ? [] : [`the outage lasted ${durationText(outageMs)}`];
  const figures = [...outage, ...more(earlier)];
  const run = earlier.rehearsal
    ? `the last rehearsal (${earlier.run})`
    : `the last run (${earlier.run} on ${earlier.inventory})`;
  return figures.length === 0 ? [] : [`In ${run}, ${figures.join('; ')}.`];
}
