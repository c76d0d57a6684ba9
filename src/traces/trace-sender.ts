import type {TimeInput} from '@opentelemetry/api';
import type {ReadableSpan, SpanExporter} from '@opentelemetry/sdk-trace-base';
import {type SpanFact, traceIdOf} from './span-facts.ts';
import type {TraceSettings} from './trace-settings.ts';

/** Sends spans in the background. It throws nothing, and nothing waits for it. */
export interface TraceSender {
  send(span: SpanFact): void;
  /** Resolves once all is sent or given up: within 2 s. */
  settle(): Promise<void>;
  /** How many spans the collector has not confirmed. */
  readonly unconfirmed: number;
}

/** A request to the collector that takes longer is given up: the end of a process waits for it. */
const longestRequestMs = 1_500;

/** A batch is sent when the run has time for it. This is the longest time of a timer. */
const never = 2 ** 31 - 1;

/** Loads the SDK of OpenTelemetry, which nothing else does. */
export async function openTraceSender(
  run: string,
  version: string,
  {protocol}: TraceSettings,
): Promise<TraceSender> {
  const [api, sdk, resources, {OTLPTraceExporter}] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    protocol === 'http/json'
      ? import('@opentelemetry/exporter-trace-otlp-http')
      : import('@opentelemetry/exporter-trace-otlp-proto'),
  ]);
  const service = {'service.name': 'switcharoo', 'service.version': version};
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes(service))
    .merge(resources.detectResources({detectors: [resources.envDetector]}));
  const exporter = counting(new OTLPTraceExporter({timeoutMillis: longestRequestMs}));
  const ids = {trace: traceIdOf(run), span: ''};
  const provider = new sdk.BasicTracerProvider({
    resource,
    idGenerator: {generateTraceId: () => ids.trace, generateSpanId: () => ids.span},
    spanProcessors: [
      new sdk.BatchSpanProcessor(exporter, {
        exportTimeoutMillis: longestRequestMs,
        scheduledDelayMillis: never,
      }),
    ],
  });
  const tracer = provider.getTracer('switcharoo', version);
  // Whether a trace is sampled follows from its id: each process of a run decides the same.
  ids.span = 'f'.repeat(16);
  const {traceFlags} = tracer.startSpan('decision', {root: true}).spanContext();
  let sent = 0;
  const send = ({id, parent, name, startUtc, endUtc, attributes, isError}: SpanFact) => {
    ids.span = id;
    const around =
      parent === undefined
        ? api.ROOT_CONTEXT
        : api.trace.setSpanContext(api.ROOT_CONTEXT, {
            ...{traceId: ids.trace, spanId: parent, traceFlags},
          });
    const span = tracer.startSpan(name, {startTime: timeOf(startUtc), attributes}, around);
    sent += span.isRecording() ? 1 : 0;
    if (isError) {
      span.setStatus({code: api.SpanStatusCode.ERROR});
    }
    span.end(timeOf(endUtc));
  };
  return {
    send,
    settle: () => provider.forceFlush().then(exporter.idle, exporter.idle),
    get unconfirmed() {
      return sent - exporter.confirmed;
    },
  };
}

const timeOf = (utc: string): TimeInput => new Date(utc);

interface CountingExporter extends SpanExporter {
  readonly confirmed: number;
  /** Resolves when no batch is under way. A flush waits only for those that it starts itself. */
  idle(): Promise<void>;
}

/** The SDK keeps silent about what arrived. */
function counting(exporter: SpanExporter): CountingExporter {
  let confirmed = 0;
  const underWay = new Set<Promise<void>>();
  return {
    export: (spans: ReadableSpan[], done) => {
      const batch = new Promise<void>((resolve) => {
        exporter.export(spans, (result) => {
          confirmed += result.code === 0 ? spans.length : 0;
          done(result);
          resolve();
        });
      })
        .catch((error: Error) => done({code: 1, error}))
        .finally(() => underWay.delete(batch));
      underWay.add(batch);
    },
    idle: async () => {
      await Promise.all(underWay);
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
    get confirmed() {
      return confirmed;
    },
  };
}
