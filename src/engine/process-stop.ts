import type {Entry} from '../model/entry.ts';
import {isNamedIn} from '../model/entry-progress.ts';
import type {Problem} from '../model/problem.ts';
import type {Clock, ClockEvent} from './clock.ts';
import type {RunContext} from './context.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {firstOf} from './limit.ts';
import {checkEntry, problemOfCheck} from './look.ts';
import {outageNotInPlace, processStopped} from './problems.ts';

/**
 * Asks a person, and withdraws the question when this process stood still meanwhile: what was checked for it is old,
 * and what was typed is not an answer to what is so now. The caller says so, and asks again.
 */
export async function askAwake<Answer>(
  clock: Pick<Clock, 'watch'>,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<{readonly answer: Answer} | {readonly stopped: ProcessStopped}> {
  const withdrawn = new AbortController();
  let stopped: ProcessStopped | undefined;
  const unwatch = clock.watch((event) => {
    if (event.kind === 'process-stopped') {
      stopped = event;
      withdrawn.abort();
    }
  });
  const either = firstOf(signal, withdrawn.signal);
  try {
    const answer = await ask(either.signal);
    return stopped ? {stopped} : {answer};
  } finally {
    either.release();
    unwatch();
  }
}

export type ProcessStopped = Extract<ClockEvent, {kind: 'process-stopped'}>;

/** Journals what happens to time while a run acts, until it is called off by what this returns. */
export function watchTime({clock, record}: {clock: Clock} & Pick<RunContext, 'record'>) {
  return clock.watch((event) => {
    try {
      journalEvent(record, event);
    } catch {
      // A journal that takes no entry refuses the next one too, and there the run ends.
    }
  });
}

/** During an outage nothing starts after it until somebody has decided. */
export const journalStop = (record: RunContext['record'], {since, ms}: ProcessStopped): void =>
  record.add({
    kind: 'process-stopped',
    sinceUtc: since.toISOString(),
    ms,
    inOutage: record.outage.since !== undefined,
  });

function journalEvent(record: RunContext['record'], event: ClockEvent): void {
  switch (event.kind) {
    case 'process-stopped': {
      journalStop(record, event);
      break;
    }
    case 'clock-set': {
      const {byMs, clock} = event;
      const inOutage = record.outage.since !== undefined;
      record.add({kind: 'clock-set', byMs, clockUtc: clock.toISOString(), inOutage});
      break;
    }
  }
}

/** After a processStop during an outage nothing starts any more until somebody has decided. */
export function processStopProblem(
  {record: {progress}}: Pick<RunContext, 'record'>,
  {id}: Entry,
): Problem | undefined {
  const {processStop} = progress;
  return processStop && processStopped(id, processStop);
}

/** Somebody has decided about it since. */
export const isDecided = (
  {record: {progress}}: Pick<RunContext, 'record'>,
  {code}: Problem,
): boolean => code === 'process-stopped' && progress.processStop === undefined;

/** Whether a retry checks first what closes the application. */
export const isAfterStop = (
  {record: {progress}}: Pick<RunContext, 'record'>,
  {code}: Problem,
): boolean =>
  progress.processStop !== undefined ||
  code === 'process-stopped' ||
  code === 'outage-not-in-place';

/**
 * Whether what closes the application is still in place: while this process stood still, somebody may have opened it
 * again.
 */
export async function lostInOutage(context: RunContext): Promise<Problem | undefined> {
  const {record, runbook, params, stopping} = context;
  const {progress} = record;
  const {from = []} = progress.run.runbook.outage ?? {};
  const entries: readonly Entry[] = runbook.entries;
  for (const entry of entries) {
    const was = progress.entries.get(entry.id);
    const input = inputOf(entry, params, knownOutputs(progress, entries));
    if (was?.state !== 'done' || !was.applied || !isNamedIn(from)(was) || input.kind !== 'known') {
      continue;
    }
    const {before, appliedAt: startedAt} = was;
    const request = {entry, input: input.input, started: true, startedAt, before};
    try {
      const {verdict} = await checkEntry(context, request, stopping);
      if (verdict.kind === 'pending') {
        return outageNotInPlace(entry.id, verdict.differences);
      }
    } catch (error) {
      return problemOfCheck(entry.id, error);
    }
  }
  return undefined;
}
