import {z} from 'zod';
import type {Alarm, Series, WatchedMetric} from '../contract.ts';
import type {MetricLimit, WatchedBalancer, WatchInput} from './input.ts';

export const criterion = z.object({
  title: z.string(),
  /** `late`: its values are still to come. */
  state: z.enum(['ok', 'failed', 'inconclusive', 'late']),
  /** What was seen, with numbers. */
  says: z.string(),
});
export type Criterion = z.output<typeof criterion>;

/** One criterion, and the metrics that it is decided by. */
interface Judged {
  readonly metrics: readonly WatchedMetric[];
  judge(series: readonly Series[], until: Date): Criterion;
}

/** `5xx: ok, 3 of 12000 requests (0.02 %)`. */
export const criterionText = ({title, state, says}: Criterion): string =>
  `${title}: ${state === 'ok' ? 'ok' : state === 'failed' ? 'FAILED' : 'INCONCLUSIVE'}, ${says}`;

export const judgedBy = ({balancer, metrics}: WatchInput): readonly Judged[] => [
  ...(balancer ? [errorRate(balancer), latency(balancer)] : []),
  ...metrics.map((metric) => limitOf(metric)),
];

const elb = ({loadBalancer}: WatchedBalancer, name: string, statistic: string): WatchedMetric => ({
  ...{namespace: 'AWS/ApplicationELB', name, statistic},
  dimensions: {LoadBalancer: loadBalancer},
});

/**
 * CloudWatch has no value for a minute without an error, so no values of 5xx mean none where requests were counted
 * (Elastic Load Balancing, CloudWatch metrics: reporting criteria).
 */
const errorRate = (balancer: WatchedBalancer): Judged => ({
  metrics: [
    elb(balancer, 'RequestCount', 'Sum'),
    elb(balancer, 'HTTPCode_ELB_5XX_Count', 'Sum'),
    elb(balancer, 'HTTPCode_Target_5XX_Count', 'Sum'),
  ],
  judge: (series, until) => {
    const title = '5xx';
    const unread = series.find(({kind}) => kind === 'not-measured');
    const [requests = [], ...errors] = series.map(valuesOf);
    const late = unread ? undefined : lateness(requests, until);
    const total = sumOf(requests);
    const failed = errors.reduce((sum, values) => sum + sumOf(values), 0);
    const percent = total === 0 ? 0 : (failed / total) * 100;
    const says = `${failed} of ${total} requests (${rounded(percent)} %, at most ${balancer.errorPercentMax} %)`;
    if (unread?.kind === 'not-measured') {
      return {title, state: 'inconclusive', says: unread.why};
    }
    if (total >= balancer.requestsMin && percent > balancer.errorPercentMax) {
      return {title, state: 'failed', says};
    }
    if (late !== undefined) {
      return {title, state: 'late', says: late};
    }
    return total < balancer.requestsMin
      ? {
          title,
          state: 'inconclusive',
          says: `${total} requests, and fewer than ${balancer.requestsMin} prove nothing`,
        }
      : {title, state: 'ok', says};
  },
});

const latency = (balancer: WatchedBalancer): Judged =>
  limitOf(
    {
      title: `latency (${balancer.latencyStatistic})`,
      ...elb(balancer, 'TargetResponseTime', balancer.latencyStatistic),
      atMost: balancer.latencyMsMax / 1_000,
    },
    ' s',
  );

/** Every minute must be within the limits. `unit`: of the values, where it is known. */
const limitOf = ({title, atMost, atLeast, ...metric}: MetricLimit, unit = ''): Judged => ({
  metrics: [metric],
  judge: ([series], until) => {
    if (series?.kind !== 'values') {
      return {title, state: 'inconclusive', says: series?.why ?? 'nothing was measured'};
    }
    const numbers = series.values.map(({value}) => value);
    const [most, least] = [Math.max(...numbers), Math.min(...numbers)];
    const limits = [
      ...(atMost === undefined ? [] : [`at most ${atMost}${unit}`]),
      ...(atLeast === undefined ? [] : [`at least ${atLeast}${unit}`]),
    ].join(', ');
    const seen = most === least ? rounded(most) : `${rounded(least)} to ${rounded(most)}`;
    const says = `${seen}${unit} (${limits})`;
    if (numbers.length > 0 && (most > (atMost ?? most) || least < (atLeast ?? least))) {
      return {title, state: 'failed', says};
    }
    const late = lateness(series.values, until);
    return late === undefined ? {title, state: 'ok', says} : {title, state: 'late', says: late};
  },
});

/** Alarms as they are now. One that does not know is no answer. */
export function alarmCriteria(alarms: readonly Alarm[]): readonly Criterion[] {
  return alarms.map(({name, state, reason}) => ({
    title: `alarm ${name}`,
    state: state === 'OK' ? 'ok' : state === 'ALARM' ? 'failed' : 'inconclusive',
    says: state === 'OK' ? 'OK' : `${state}: ${reason.replace(/\.$/, '')}`,
  }));
}

const valuesOf = (series: Series) => (series.kind === 'values' ? series.values : []);

type Values = ReturnType<typeof valuesOf>;

const sumOf = (values: Values): number => values.reduce((sum, {value}) => sum + value, 0);

const minuteMs = 60_000;

/** Why the values do not reach the end of the watch; `undefined` where they do. */
function lateness(values: Values, until: Date): string | undefined {
  const last = values.at(-1)?.at;
  if (!last) {
    return 'CloudWatch has no values from this time';
  }
  return last.getTime() + 2 * minuteMs > until.getTime()
    ? undefined
    : `the newest value of CloudWatch is from ${last.toISOString().slice(11, 16)} UTC`;
}

const rounded = (value: number): string => String(Number(value.toPrecision(3)));
