/** The cheapest question that a kind of system answers over a connection that is open: how far away it is. */
export interface Ping<Reader> {
  /** What one is, in the words of the operator. */
  readonly what: 'statement' | 'command' | 'call';
  /** Changes nothing. Where a target is several systems, it asks all of them at once. */
  send(target: Reader, signal: AbortSignal): Promise<unknown>;
}

/** How long one question to a target takes from here. */
export interface RoundTrip {
  readonly target: string;
  readonly what: Ping<unknown>['what'];
  /** The median of a few; `null` when it was not answered. */
  readonly ms: number | null;
  /** Why it was not answered. */
  readonly problem?: string;
}
