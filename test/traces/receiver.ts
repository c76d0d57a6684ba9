import {createServer, type IncomingMessage} from 'node:http';
import {createRequire} from 'node:module';
import type {AddressInfo} from 'node:net';
import {setTimeout} from 'node:timers/promises';
import {z} from 'zod';

const value = z.object({stringValue: z.string().optional(), boolValue: z.boolean().optional()});
const attributes = z
  .array(z.object({key: z.string(), value}))
  .transform((all) => Object.fromEntries(all.map(({key, value: of}) => [key, plain(of)])));
const plain = ({stringValue, boolValue}: z.output<typeof value>) => stringValue ?? boolValue;
const nanoseconds = z.string().transform((text) => Number(BigInt(text) / 1_000_000n));

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  status: z.object({code: z.union([z.string(), z.number()]).optional()}),
});
type ReceivedSpan = z.output<typeof span>;

const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({attributes}),
      scopeSpans: z.array(z.object({spans: z.array(span)})),
    }),
  ),
});

export interface Receiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly resources: readonly Record<string, unknown>[];
  readonly headers: readonly IncomingMessage['headers'][];
  close(): Promise<void>;
}

/**
 * Receives traces as a collector does, and reads them with the messages that OpenTelemetry has generated from the
 * definitions of the protocol: its otlp-transformer has them up to version 0.215. `answer`: the status that it answers;
 * 0: it accepts a connection, and never answers. `firstMs`: how long its first answer takes.
 */
export async function startReceiver(answer = 200, firstMs = 0): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const resources: Record<string, unknown>[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer(async (received, response) => {
    const waitMs = headers.push(received.headers) === 1 ? firstMs : 0;
    const chunks: Buffer[] = [];
    for await (const chunk of received) {
      chunks.push(chunk);
    }
    if (answer === 0) {
      return;
    }
    await setTimeout(waitMs);
    const body = Buffer.concat(chunks);
    const isJson = received.headers['content-type'] === 'application/json';
    for (const {resource, scopeSpans} of read(body, isJson).resourceSpans) {
      resources.push(resource.attributes);
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
    response.writeHead(received.url === '/v1/traces' ? answer : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ...{spans, resources, headers},
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Message {
  decode(body: Uint8Array): unknown;
  toObject(message: unknown, shape: object): unknown;
}

const messages = createRequire(import.meta.url)('otlp-messages/build/src/generated/root.js');
const message: Message = messages.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

function read(body: Buffer, isJson: boolean): z.output<typeof request> {
  if (isJson) {
    return request.parse(JSON.parse(body.toString()));
  }
  const shape = {longs: String, enums: String, bytes: Array, arrays: true} as const;
  return request.parse(hexIds(message.toObject(message.decode(body), shape)));
}

/** As JSON of the protocol has them. */
function hexIds(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(hexIds);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [
      key,
      /^(trace|span|parentSpan)Id$/.test(key) ? Buffer.from(of).toString('hex') : hexIds(of),
    ]),
  );
}
