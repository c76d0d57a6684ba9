import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {z} from 'zod';
import type {Conditions} from '../forecast/conditions.ts';
import type {StateFolder} from '../journal/state-folder.ts';
import type {ForecastFigures} from '../report/index.ts';
import {distancesShape, measuredIn} from './measurements.ts';

/** What was forecast before a run, and what was measured for that. */
export interface KeptForecast extends Conditions {
  readonly forecast?: ForecastFigures;
}

/** Keeps it beside the journal. A run without it is a run like any other. */
export function keepForecast(state: StateFolder, run: string, forecast: KeptForecast): void {
  try {
    writeFileSync(keptFile(state, run), `${JSON.stringify(forecast)}\n`, {mode: 0o600});
  } catch {
    // A full disk stops the journal, and no run must stop for a forecast.
  }
}

const keptFile = (state: StateFolder, run: string): string =>
  join(dirname(state.journalOf(run)), 'forecast.json');

/** What was forecast before a run began; nothing where it is unknown. */
export const forecastBefore = (
  state: StateFolder,
  run: string,
): {readonly forecast?: ForecastFigures} => {
  const {forecast} = keptForecast(state, run) ?? {};
  return forecast ? {forecast} : {};
};

/** What was measured before a run began: a rehearsal of an older version kept it with what its clients measured. */
export function conditionsBefore(state: StateFolder, run: string): Conditions {
  const {distances = measuredIn(state, run).distances, checkMs} = keptForecast(state, run) ?? {};
  return {...(distances ? {distances} : {}), ...(checkMs === undefined ? {} : {checkMs})};
}

export function keptForecast(state: StateFolder, run: string): KeptForecast | undefined {
  const file = keptFile(state, run);
  try {
    const read = existsSync(file) ? kept.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : null;
    return read?.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

const range = z.object({p5: z.number(), p50: z.number(), p95: z.number()});
const kept: z.ZodType<KeptForecast> = z.object({
  distances: distancesShape.exactOptional(),
  checkMs: z.number().exactOptional(),
  forecast: z
    .object({
      run: range,
      outage: range.exactOptional(),
      hold: range.exactOptional(),
      basis: z.array(z.string()),
    })
    .exactOptional(),
});
