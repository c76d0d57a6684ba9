/** A command of an SDK of any service, of which only the way of its answer counts. */
interface Sent {
  readonly middlewareStack: {addRelativeTo(middleware: never, options: never): void};
}

/** The part of the SDK's middleware that hands on what arrived, before the SDK reads it. */
type Arriving = (args: unknown) => Promise<{readonly response: {body: unknown}}>;

/** Keeps the answer to a command as AWS sent it, in JSON: the SDK drops what its version does not know. */
export function keptAnswer(command: Sent): () => unknown {
  let kept: Buffer | undefined;
  const keeping = (next: Arriving) => async (args: unknown) => {
    const arrived = await next(args);
    kept = await bytesOf(arrived.response.body);
    arrived.response.body = new Uint8Array(kept);
    return arrived;
  };
  const place = {relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'keptAnswer'};
  // The SDK's own types of middleware are different for each command.
  command.middlewareStack.addRelativeTo(keeping as never, {...place, override: true} as never);
  return () => (kept === undefined ? undefined : JSON.parse(kept.toString()));
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) {
    return Buffer.from(body);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

export interface UnknownField {
  /** `app.somethingNew`: things in a list go by their names. */
  readonly field: string;
  /** In JSON. */
  readonly value: string;
}

/** The fields of an answer that the SDK left out, because its version does not know them. */
export function unknownFields(sent: unknown, read: unknown, path = ''): readonly UnknownField[] {
  if (Array.isArray(sent)) {
    const items = Array.isArray(read) ? read : [];
    return sent.flatMap((item, at) => unknownFields(item, items[at], itemPath(path, item, at)));
  }
  if (!isObject(sent) || !isObject(read)) {
    return [];
  }
  return Object.entries(sent).flatMap(([key, value]) => {
    const field = path === '' ? key : `${path}.${key}`;
    if (value === null) {
      return [];
    }
    return Object.hasOwn(read, key)
      ? unknownFields(value, read[key], field)
      : [{field, value: JSON.stringify(value)}];
  });
}

function itemPath(path: string, item: unknown, at: number): string {
  const name = isObject(item) ? item['name'] : undefined;
  return typeof name === 'string' ? name : `${path}[${at}]`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Date);
