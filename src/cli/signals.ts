export interface Signals {
  /** Aborted by the first signal: stop at the next safe place. */
  readonly stopping: AbortSignal;
  /** Aborted by the second: end even the action in flight. */
  readonly aborting: AbortSignal;
  /** From now on it is said so that somebody took a signal. */
  sayBy(say: (text: string) => void): void;
  dispose(): void;
}

const heard = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** SIGINT and SIGTERM are said by a person, SIGHUP by a lost ssh: none of them may end the process between an intent and its result. */
export function listenToSignals(first: (text: string) => void): Signals {
  let say = first;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    // A terminal that closes hangs up more than once; only a person asks twice.
    if (!stopping.signal.aborted) {
      stopping.abort(signal);
      say(`${signal}: stopping at the next safe place. Once more ends the action in flight.`);
    } else if (signal !== 'SIGHUP' && !aborting.signal.aborted) {
      aborting.abort(new Error(`${signal}, for the second time`));
    }
  };
  for (const signal of heard) {
    process.on(signal, onSignal);
  }
  return {
    stopping: stopping.signal,
    aborting: aborting.signal,
    sayBy: (other) => {
      say = other;
    },
    dispose: () => {
      for (const signal of heard) {
        process.off(signal, onSignal);
      }
    },
  };
}
