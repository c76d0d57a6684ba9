/** A request that failed, with what tells why: which client, when, where, and what it was told. */
export interface FailedRequest {
  readonly what: 'write' | 'read';
  /** `client 4, keep-alive, slow upload` */
  readonly client: string;
  /** Where it was sent; `null` when the name had no address. */
  readonly address: string | null;
  readonly atUtc: string;
  readonly tookMs: number;
  readonly reason: string;
}

/** What sets a client apart. Each of them gives up after 5 s without an answer. */
interface ClientKind {
  readonly keepAlive: boolean;
  /** How long it takes to send a body. */
  readonly uploadMs: number;
}

export const clientText = (client: number, {keepAlive, uploadMs}: ClientKind): string =>
  [
    `client ${client}`,
    keepAlive ? 'keep-alive' : 'one request a connection',
    ...(uploadMs > 0 ? [`uploads for ${uploadMs} ms`] : []),
  ].join(', ');

const mostKept = 100;

/** The first failures: those of an outage of hours are all alike. */
export class FailureLog {
  readonly #kept: FailedRequest[] = [];

  add(failure: FailedRequest): void {
    if (this.#kept.length < mostKept) {
      this.#kept.push(failure);
    }
  }

  report(): readonly FailedRequest[] {
    return [...this.#kept];
  }
}
