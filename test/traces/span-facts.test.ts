import {describe, expect, test, vi} from 'vitest';
import type {EngineEvent} from '../../src/engine/events.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import type {Fact, JournalEntry} from '../../src/model/journal.ts';
import {tracesOfRun} from '../../src/run/run-traces.ts';
import {type SpanFact, SpanFacts} from '../../src/traces/span-facts.ts';
import {openTraceSender} from '../../src/traces/trace-sender.ts';
import {traceSettings} from '../../src/traces/trace-settings.ts';
import {journalOf, runStarted, stepDone} from '../model/journal-of.ts';
import {startReceiver} from './receiver.ts';

const operator = {user: 'ada', host: 'bastion', pid: 2};
const freeze = {entry: 'freeze', way: 'forward', target: 'db1', does: 'refuse writes'} as const;
const problem = {code: 'mysql-unreachable', message: 'db1 is away.', hint: 'Wait.'};
const resumed: Fact = {kind: 'run-resumed', operator, accepted: []};

const spansOf = (entries: readonly JournalEntry[]): readonly SpanFact[] => {
  const facts = new SpanFacts(() => undefined);
  return entries.flatMap((entry) => facts.hear(entry));
};
const toldOf = (spans: readonly SpanFact[]) =>
  spans.map(({name, startUtc, endUtc, attributes, isError}) =>
    [
      `${startUtc.slice(17, 23)}-${endUtc.slice(17, 23)} ${name}:`,
      `${attributes['switcharoo.outcome']} ${attributes['error.type'] ?? ''}`,
      isError ? '!' : '',
    ]
      .join(' ')
      .trim(),
  );

/** A process that died in an action, and the one that goes on with it. */
const crashed = journalOf([
  runStarted(),
  ...stepDone('prepare', 'copy'),
  {kind: 'entry-started', entry: 'freeze'},
  {kind: 'action-intended', ...freeze},
  [600, {kind: 'lock-taken-over', from: 'ada@bastion', operator}],
  resumed,
  {kind: 'entry-started', entry: 'freeze'},
  {kind: 'action-intended', ...freeze},
  {kind: 'action-failed', ...freeze, problem},
  {kind: 'entry-failed', entry: 'freeze', problem},
  {kind: 'run-paused', problem},
]);

describe('spans', () => {
  test('of a process that died end with its last word, and the next process has its own', () => {
    expect(toldOf(spansOf(crashed))).toEqual([
      '01.100-02.100 prepare on db1: performed',
      '01.000-02.300 prepare: applied',
      '04.300-04.300 freeze on db1: open',
      '03.300-04.300 freeze: open',
      '00.000-04.300 shop-move: interrupted run-interrupted !',
      '07.300-08.300 freeze on db1: failed mysql-unreachable !',
      '06.300-09.300 freeze: failed mysql-unreachable !',
      '05.300-10.300 shop-move resumed: paused mysql-unreachable !',
    ]);
  });

  test('of a process that died do not end later because a take-over names its operator', () => {
    const arn = 'arn:aws:iam::123456789012:role/operator';
    const spans = spansOf(
      journalOf([
        runStarted(),
        {kind: 'entry-started', entry: 'freeze'},
        [600, {kind: 'lock-taken-over', from: 'ada@bastion', operator}],
        {kind: 'operator-identified', arn, principal: arn},
        {kind: 'earlier-holder-stopped', because: 'it reported that it has stopped'},
        resumed,
      ] as never),
    );
    expect(toldOf(spans)).toEqual([
      '01.000-01.000 freeze: open',
      '00.000-01.000 shop-move: interrupted run-interrupted !',
    ]);
  });

  test('have ids that follow from the journal, and each has its own', () => {
    const ids = spansOf(crashed).map(({id}) => id);
    expect(spansOf(crashed).map(({id}) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  });

  test('of a reversal and of what it asks are inside each other', () => {
    const spans = spansOf(
      journalOf([
        runStarted(),
        {kind: 'reverse-started', to: null, plan: 'p', entries: ['freeze'], operator},
        {kind: 'entry-reversing', entry: 'freeze'},
        {
          ...{kind: 'asked', entry: 'freeze', about: 'by-hand', question: 'Done?'},
          ...{details: [], person: 'ada'},
        },
        {
          ...{kind: 'answered', entry: 'freeze', about: 'by-hand', question: 'Done?'},
          ...{details: [], answer: 'yes', by: 'ada'},
        },
        {kind: 'entry-reversed', entry: 'freeze'},
        {kind: 'run-reversed', to: null},
      ]),
    );
    const nameOf = (id: string | undefined) => spans.find((span) => span.id === id)?.name;
    expect(spans.map(({name, parent}) => [name, nameOf(parent)])).toEqual([
      ['ask: by-hand', 'reverse freeze'],
      ['reverse freeze', 'reverse to the start'],
      ['reverse to the start', 'shop-move'],
      ['shop-move', undefined],
    ]);
  });
});

test('the process that goes on sends what the dead one could not, and nothing while an outage lasts', async () => {
  const receiver = await startReceiver();
  const redactor = new Redactor();
  redactor.add('prepare');
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  try {
    let doVisitorsWait = true;
    const traces = tracesOfRun({run: 'r', redactor, kindOf: () => undefined});
    const at = crashed.findIndex(({kind}) => kind === 'run-resumed');
    const observe = traces.follow({
      ...{observe: () => {}, journal: {entries: crashed.slice(0, at)}},
      doVisitorsWait: () => doVisitorsWait,
    });
    await traces.prepare();
    for (const entry of crashed.slice(at)) {
      observe({kind: 'journaled', entry, head: ''});
    }
    doVisitorsWait = false;
    expect(receiver.spans).toEqual([]);
    await traces.settle();
    expect(receiver.spans.map(({spanId}) => spanId)).toEqual(spansOf(crashed).map(({id}) => id));
    // What the redactor knows as a secret leaves in no name either.
    expect(JSON.stringify(receiver.spans)).not.toContain('prepare');
  } finally {
    vi.unstubAllEnvs();
    await receiver.close();
  }
});

test('what a process did not send because it ended in an outage, the next one sends after the outage', async () => {
  const receiver = await startReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  try {
    const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null]};
    const {runbook, ...started} = runStarted();
    const entries = journalOf([
      {...started, runbook: {...runbook, outage}},
      ...stepDone('freeze', 'refuse writes'),
      {kind: 'run-paused'},
      resumed,
      ...stepDone('open', 'accept writes'),
      {kind: 'run-done'},
    ]);
    const at = entries.findIndex(({kind}) => kind === 'run-resumed');
    let doVisitorsWait = true;
    const traces = tracesOfRun({run: 'r', redactor: new Redactor(), kindOf: () => undefined});
    const observe = traces.follow({
      ...{observe: () => {}, journal: {entries: entries.slice(0, at)}},
      doVisitorsWait: () => doVisitorsWait,
    });
    await traces.settle();
    expect(receiver.headers).toEqual([]);
    for (const entry of entries.slice(at)) {
      observe({kind: 'journaled', entry, head: ''});
    }
    doVisitorsWait = false;
    await traces.stop();
    expect(receiver.spans.map(({spanId}) => spanId)).toEqual(spansOf(entries).map(({id}) => id));
  } finally {
    vi.unstubAllEnvs();
    await receiver.close();
  }
});

test('a batch that another flush has started is waited for, and is not called lost', async () => {
  const receiver = await startReceiver(200, 300);
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  try {
    const sender = await openTraceSender('r', '0.0.0', {protocol: 'http/json'});
    const [first, ...others] = spansOf(crashed);
    sender.send(first as SpanFact);
    void sender.settle();
    await vi.waitFor(() => expect(receiver.headers).toHaveLength(1));
    others.forEach(sender.send);
    await sender.settle();
    expect(sender.unconfirmed).toBe(0);
    expect(receiver.spans).toHaveLength(others.length + 1);
  } finally {
    vi.unstubAllEnvs();
    await receiver.close();
  }
});

test('more spans than the queue of the SDK can hold are all sent', async () => {
  const receiver = await startReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  try {
    const steps = Array.from({length: 1_200}, () => stepDone('prepare', 'copy')).flat();
    const entries = journalOf([runStarted(), ...steps, {kind: 'run-done'}]);
    const traces = tracesOfRun({run: 'r', redactor: new Redactor(), kindOf: () => undefined});
    const problems: EngineEvent[] = [];
    const observe = traces.follow({
      ...{observe: (event) => problems.push(event), journal: {entries: []}},
      doVisitorsWait: () => false,
    });
    for (const entry of entries) {
      observe({kind: 'journaled', entry, head: ''});
    }
    await traces.stop();
    expect(problems.filter(({kind}) => kind === 'warning')).toEqual([]);
    expect(receiver.spans).toHaveLength(spansOf(entries).length);
  } finally {
    vi.unstubAllEnvs();
    await receiver.close();
  }
});

describe('the variables of OpenTelemetry', () => {
  const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const url = 'http://127.0.0.1:4318';
  test.each([
    [{}, undefined],
    [{[endpoint]: ''}, undefined],
    [{[endpoint]: url}, {protocol: 'http/protobuf'}],
    [{OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url}, {protocol: 'http/protobuf'}],
    [{OTEL_TRACES_EXPORTER: 'otlp'}, {protocol: 'http/protobuf'}],
    [{[endpoint]: url, OTEL_TRACES_EXPORTER: 'none'}, undefined],
    [{[endpoint]: url, OTEL_SDK_DISABLED: 'TRUE'}, undefined],
    [{[endpoint]: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json'}, {protocol: 'http/json'}],
  ] as const)('%o', (env, settings) => {
    expect(traceSettings(env)).toEqual(settings);
  });

  test.each([
    [{[endpoint]: 'collector:4318'}, 'traces-endpoint-invalid'],
    [{[endpoint]: 'https://me:pass word@'}, 'traces-endpoint-invalid'],
    [{[endpoint]: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc'}, 'traces-protocol-unsupported'],
  ])('%o sends nothing, and says why', (env, code) => {
    expect(traceSettings(env)).toMatchObject({code});
    expect(JSON.stringify(traceSettings(env))).not.toContain('pass word');
  });

  test('a protocol is named with the variable that it is from', () => {
    const traces = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
    const env = {[endpoint]: url, [traces]: 'grpc', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json'};
    expect(traceSettings(env)).toMatchObject({
      message: expect.stringContaining(`${traces} is grpc`),
      hint: expect.stringContaining(`Set ${traces}=http/protobuf`),
    });
  });
});
