import {z} from 'zod';
import {
  blocked,
  defineGate,
  elapsedMs,
  measured,
  needsPerson,
  shifted,
  waiting,
} from '../../src/index.ts';
import {missingAlarms} from './alarms/choice.ts';
import type {CloudWatchReader} from './contract.ts';
import {cloudWatch} from './target.ts';
import {
  alarmCriteria,
  type Criterion,
  criterion,
  criterionText,
  judgedBy,
} from './watch/criteria.ts';
import {type WatchInput, watchInput} from './watch/input.ts';

const minuteMs = 60_000;

/**
 * Watches the new side before a person accepts it. It counts from `since`, so that a resumed run does not watch longer,
 * and what it saw is shown with the question after it. What fails is reported at once. What it cannot decide, a person
 * decides: `--yes` does not.
 */
export const watchMetrics = defineGate({
  name: 'cloudwatch.watch-metrics',
  summary: 'Wait until alarms, 5xx, latency and other metrics have been good for some minutes.',
  targets: {cloudwatch: cloudWatch},
  input: watchInput,
  output: z.object({criteria: z.array(criterion)}),
  needs: {cloudwatch: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData']},
  // The longest watch, and what may be late.
  timeoutMs: 25 * 3_600_000,
  poll: {firstMs: 5_000, mostMs: 20_000},
  evidence: ({criteria}) => criteria.map(criterionText),

  async check({input, targets: {cloudwatch}, now, signal}) {
    const end = shifted(input.since, input.minutes * minuteMs);
    // A watch that is over looks at its last minutes again: people take their time.
    const until = now > end ? now : end;
    const from = shifted(until, -input.minutes * minuteMs);
    const choice = {names: input.alarms, prefix: input.alarmPrefix};
    const watchesAlarms = input.alarms.length > 0 || input.alarmPrefix !== undefined;
    const alarms = watchesAlarms ? await cloudwatch.alarms(choice, signal) : [];
    const missing = missingAlarms(cloudwatch, input.alarms, alarms);
    if (missing) {
      return missing;
    }
    const all = [
      ...alarmCriteria(alarms),
      ...(await judged(cloudwatch, input, {from, to: now, until: dueAt(now)}, signal)),
    ];
    const failed = all.filter(({state}) => state === 'failed');
    if (failed.length > 0) {
      return blocked(
        `The watch of the new side since ${clock(from)} UTC has failed: ${failed.map(criterionText).join('; ')}.`,
        `Fix the cause, then retry: the watch judges its last ${input.minutes} minutes again. If you cannot fix it, reverse the run.`,
      );
    }
    if (now < end) {
      return waiting(`watching until ${clock(end)} UTC: ${all.map(progressText).join('; ')}`);
    }
    const late = all.filter(({state}) => state === 'late');
    if (late.length > 0 && elapsedMs(end, now) < input.lateMsMax) {
      return waiting(`waiting for CloudWatch: ${late.map(progressText).join('; ')}`);
    }
    const criteria = all.map(
      (each): Criterion => (each.state === 'late' ? {...each, state: 'inconclusive'} : each),
    );
    const texts = criteria.map(criterionText);
    return criteria.every(({state}) => state === 'ok')
      ? measured({criteria}, texts)
      : needsPerson(
          `The watch of ${input.minutes} minutes is inconclusive: ${criteria
            .filter(({state}) => state === 'inconclusive')
            .map(criterionText)
            .join('; ')}. Continue without its evidence?`,
          {criteria},
          ...texts,
        );
  },
});

/** CloudWatch has the values of a minute up to three minutes later (Elastic Load Balancing sends each minute). */
const dueAt = (now: Date): Date => shifted(now, -3 * minuteMs);

async function judged(
  cloudwatch: CloudWatchReader,
  input: WatchInput,
  {from, to, until}: {readonly from: Date; readonly to: Date; readonly until: Date},
  signal: AbortSignal,
): Promise<readonly Criterion[]> {
  const all = judgedBy(input);
  const series = await cloudwatch.series(
    all.flatMap(({metrics}) => metrics),
    {from, to},
    signal,
  );
  let next = 0;
  return all.map(({metrics, judge}) => {
    const own = series.slice(next, next + metrics.length);
    next += metrics.length;
    return judge(own, until);
  });
}

const progressText = ({title, says}: Criterion): string => `${title} ${says}`;

const clock = (at: Date): string => at.toISOString().slice(11, 19);
