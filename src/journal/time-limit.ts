/** What a limit of time asks of a clock. */
export interface Pauses {
  /** In ms, of a clock that nobody can set. */
  monotonic(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Gives the work a signal that is aborted with another one, or when its time is over. `AbortSignal.any` does the same,
 * and is kept as long as the other signal is: a run that asks each second would keep thousands.
 */
export async function withinMs<Result>(
  {clock, ms, signal}: {readonly clock: Pauses; readonly ms: number; readonly signal: AbortSignal},
  work: (limited: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const [limit, over] = [new AbortController(), new AbortController()];
  const follow = () => limit.abort(signal.reason);
  signal.addEventListener('abort', follow);
  if (signal.aborted) {
    follow();
  }
  void clock.sleep(ms, over.signal).then(() => limit.abort(timeIsUp()));
  try {
    return await work(limit.signal);
  } finally {
    over.abort();
    signal.removeEventListener('abort', follow);
  }
}

const timeIsUp = (): DOMException =>
  new DOMException('The operation was aborted due to timeout', 'TimeoutError');
