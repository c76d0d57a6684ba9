import {expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {cloudWatch} from '../../../steps/cloudwatch/target.ts';
import {watchMetrics} from '../../../steps/cloudwatch/watch-metrics.ts';
import {started} from '../../lab/aws/started.ts';
import {FakeCloudWatch} from './fake-cloud-watch.ts';

const {signal} = new AbortController();
const since = new Date('2026-03-01T03:10:00Z');
const at = (minute: number) => new Date(since.getTime() + minute * 60_000);
const all = {
  since,
  minutes: 10,
  alarms: ['shop-5xx'],
  balancer: {
    loadBalancer:
      'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188',
  },
  metrics: [
    {
      title: 'replication lag',
      namespace: 'AWS/RDS',
      name: 'AuroraBinlogReplicaLag',
      dimensions: {DBClusterIdentifier: 'shop'},
      atMost: 5,
    },
  ],
};

/** A value a minute of each of these. */
function watchOf(values: Readonly<Record<string, number>>, minutes = 10): FakeCloudWatch {
  const watch = new FakeCloudWatch({name: 'shop-5xx'});
  for (const [name, value] of Object.entries(values)) {
    const series = Array.from({length: minutes}, (_none, minute) => ({at: at(minute), value}));
    watch.measured[name] = {kind: 'values', values: series};
  }
  return watch;
}

const good = {RequestCount: 1_200, TargetResponseTime: 0.12, AuroraBinlogReplicaLag: 0};

const check = (cloudwatch: FakeCloudWatch, minute: number, input: object = all) =>
  watchMetrics.check({
    input: watchMetrics.input.parse(input),
    targets: {cloudwatch},
    run: {id: 'r', entry: 'watch', started: false},
    now: at(minute),
    signal,
  });

test('it watches for its minutes, and then its evidence is for the person who is asked', async () => {
  const watch = watchOf({...good, HTTPCode_Target_5XX_Count: 2});
  const early = await check(watch, 4);
  expect(early).toMatchObject({
    kind: 'waiting',
    progress:
      'watching until 03:20:00 UTC: alarm shop-5xx OK; 5xx 10 of 6000 requests (0.167 %, at most 1 %); latency (p99) 0.12 s (at most 1 s); replication lag 0 (at most 5)',
  });
  const verdict = await check(watch, 11);
  const texts = [
    'alarm shop-5xx: ok, OK',
    '5xx: ok, 18 of 10800 requests (0.167 %, at most 1 %)',
    'latency (p99): ok, 0.12 s (at most 1 s)',
    'replication lag: ok, 0 (at most 5)',
  ];
  expect(verdict).toMatchObject({kind: 'done', notes: texts});
  expect(verdict.kind === 'done' && watchMetrics.evidence?.(verdict.output)).toEqual(texts);
});

test.each([
  {
    name: 'too many errors',
    of: {HTTPCode_ELB_5XX_Count: 60},
    says: '5xx: FAILED, 300 of 6000 requests (5 %, at most 1 %)',
  },
  {
    name: 'a slow minute',
    of: {TargetResponseTime: 2.5},
    says: 'latency (p99): FAILED, 2.5 s (at most 1 s)',
  },
  {
    name: 'a replica that is behind',
    of: {AuroraBinlogReplicaLag: 90},
    says: 'replication lag: FAILED, 90 (at most 5)',
  },
])('$name: it fails at once, and not only at the end', async ({of, says}) => {
  const verdict = await check(watchOf({...good, ...of}), 4);
  expect(verdict).toMatchObject({kind: 'blocked', reason: expect.stringContaining(says)});
});

test('an alarm that goes off fails at once', async () => {
  const watch = watchOf(good);
  watch.alarmList = watch.alarmList.map((alarm) => ({
    ...{...alarm, state: 'ALARM', reason: 'Threshold Crossed.'},
  }));
  expect(await check(watch, 1)).toMatchObject({
    kind: 'blocked',
    reason:
      'The watch of the new side since 03:10:00 UTC has failed: alarm shop-5xx: FAILED, ALARM: Threshold Crossed.',
  });
});

test('what cannot be decided is neither good nor bad: a person is asked, after the values may have come', async () => {
  const denied = watchOf(good);
  denied.measured['TargetResponseTime'] = {
    kind: 'not-measured',
    why: 'AWS does not let ada call cloudwatch:GetMetricData',
  };
  denied.measured['AuroraBinlogReplicaLag'] = {kind: 'values', values: []};
  denied.measured['RequestCount'] = {kind: 'values', values: [{at: at(12), value: 7}]};
  denied.alarmList = denied.alarmList.map((alarm) => ({
    ...{...alarm, state: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation'},
  }));
  expect(await check(denied, 11)).toMatchObject({
    kind: 'waiting',
    progress:
      'waiting for CloudWatch: 5xx CloudWatch has no values from this time; replication lag CloudWatch has no values from this time',
  });
  const asked = await check(denied, 16);
  expect(asked).toMatchObject({
    kind: 'needs-answer',
    byPerson: true,
    details: [
      'alarm shop-5xx: INCONCLUSIVE, INSUFFICIENT_DATA: Unchecked: Initial alarm creation',
      '5xx: INCONCLUSIVE, 7 requests, and fewer than 100 prove nothing',
      'latency (p99): INCONCLUSIVE, AWS does not let ada call cloudwatch:GetMetricData',
      'replication lag: INCONCLUSIVE, CloudWatch has no values from this time',
    ],
  });
});

test('values that stopped coming do not pass for good ones', async () => {
  expect(await check(watchOf(good, 4), 11)).toMatchObject({
    kind: 'waiting',
    progress: expect.stringContaining('the newest value of CloudWatch is from 03:13 UTC'),
  });
});

test('a name that no alarm has is said before anything is watched', async () => {
  expect(await check(watchOf(good), 11, {...all, alarms: ['shop-5xx', 'shop-5x']})).toMatchObject({
    kind: 'blocked',
    reason: 'cloudwatch has no alarm shop-5x in this account and region.',
  });
});

test('over the real protocol, it reads sums and percentiles by the minute, and the right that is missing', async () => {
  const now = new Date();
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
  const perMinute = (value: number) =>
    Array.from({length: 12}, (_none, minute) => ({at: minutesAgo(12 - minute), value}));
  const values: Readonly<Record<string, number>> = {RequestCount: 600, TargetResponseTime: 0.2};
  await using lab = await started(
    createCloudWatch(
      ({name}) => perMinute(values[name] ?? 0),
      [{name: 'shop-5xx', kind: 'composite', state: 'OK', actionsEnabled: true}],
    ),
  );
  const session = await cloudWatch.open(lab.config, {name: 'cloudwatch', signal});
  const verdict = await watchMetrics.check({
    input: watchMetrics.input.parse({...all, since: minutesAgo(10), metrics: []}),
    targets: {cloudwatch: session.reader},
    run: {id: 'r', entry: 'watch', started: false},
    now,
    signal,
  });
  await session.close();
  expect(verdict).toMatchObject({
    kind: 'done',
    notes: [
      'alarm shop-5xx: ok, OK',
      expect.stringMatching(/^5xx: ok, 0 of [56]\d{3} requests \(0 %, at most 1 %\)$/),
      'latency (p99): ok, 0.2 s (at most 1 s)',
    ],
  });
});
