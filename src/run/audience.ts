import {doVisitorsWait} from '../model/outage.ts';
import type {Progress} from '../model/progress.ts';
import type {Channels} from '../notify/notifier.ts';
import type {SessionRequest} from './run-session.ts';
import {type RunTraces, tracesOfRun} from './run-traces.ts';

/** Whom a run tells what happens: people, and a collector of traces. `earlier`: how far it is, when it goes on. */
export async function audienceOf(
  {opened, run}: Pick<SessionRequest, 'opened' | 'run'>,
  earlier: Progress | undefined,
): Promise<{readonly channels: Channels; readonly traces: RunTraces}> {
  const {runbook, redactor} = opened;
  const kindOf = (target: string) => runbook.head.targets[target]?.kind;
  const traces = tracesOfRun({run, redactor, kindOf});
  const isUrgent = earlier !== undefined && doVisitorsWait(earlier);
  const [channels] = await Promise.all([
    opened.channels(),
    isUrgent ? undefined : traces.prepare(),
  ]);
  return {channels, traces};
}
