import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {z} from 'zod';
import type {StateFolder} from '../journal/state-folder.ts';
import type {Measured} from '../report/index.ts';

const fileOf = (state: StateFolder, run: string): string =>
  join(dirname(state.journalOf(run)), 'measured.json');

/** Keeps what the clients of a rehearsal measured beside its journal, for later reports. */
export function keepMeasured(state: StateFolder, run: string, measured: Measured): void {
  writeFileSync(fileOf(state, run), `${JSON.stringify(measured)}\n`, {mode: 0o600});
}

/** What the clients measured; nothing for a run that was no rehearsal, or whose file cannot be read. */
export function measuredIn(state: StateFolder, run: string): Measured {
  const file = fileOf(state, run);
  if (!existsSync(file)) {
    return {};
  }
  try {
    const read = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return read.success ? read.data : {};
  } catch {
    return {};
  }
}

const lastFailure = z.string().exactOptional();
const time = z.number().nullable();
const figures = {
  made: z.number(),
  failed: z.number(),
  p50Ms: time,
  p99Ms: time,
  slowestMs: time,
};
const kinds = {...figures, writes: z.object(figures), reads: z.object(figures)};
const failedRequest = z.object({
  ...{what: z.enum(['write', 'read']), client: z.string(), address: z.string().nullable()},
  ...{atUtc: z.string(), tookMs: z.number(), reason: z.string()},
  hold: z.object({began: z.enum(['before', 'in', 'after']), ms: z.number()}).exactOptional(),
});
const hold = z.object({
  ms: z.number(),
  waitedMs: z.number().exactOptional(),
  roundTrips: z.number().exactOptional(),
});
const kept = z.object({promised: z.number(), lost: z.number(), first: z.array(z.string())});
/** Of distances in a file beside a journal. */
export const distancesShape = z.array(
  z.object({
    target: z.string(),
    what: z.enum(['statement', 'command', 'call']),
    ms: z.number().nullable(),
    problem: z.string().exactOptional(),
  }),
);
const schema = z.object({
  outageMs: z.number().exactOptional(),
  writes: z
    .object({
      ...{acknowledged: z.number(), lost: z.number(), duplicated: z.number()},
      ...{failed: z.number().exactOptional(), lastFailure},
    })
    .exactOptional(),
  rows: z
    .union([
      z.object({compared: z.number(), different: z.number(), first: z.array(z.string())}),
      z.object({database: z.string(), because: z.string()}),
    ])
    .exactOptional(),
  kept: z
    .object({
      documents: kept.exactOptional(),
      messages: kept.exactOptional(),
      sessions: kept.exactOptional(),
    })
    .exactOptional(),
  reads: z.object({answered: z.number(), failed: z.number(), lastFailure}).exactOptional(),
  lookups: z.object({right: z.number(), wrong: z.number()}).exactOptional(),
  requests: z
    .object({
      ...kinds,
      inCutover: z.object(kinds).exactOptional(),
      beside: z.object(kinds).exactOptional(),
      failures: z.array(failedRequest).exactOptional(),
    })
    .exactOptional(),
  hold: hold.exactOptional(),
  roundTrips: z.number().exactOptional(),
  reversal: z.object({hold, roundTrips: z.number().exactOptional()}).exactOptional(),
  distances: distancesShape.exactOptional(),
});
