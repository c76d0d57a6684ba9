import type {StopSignals} from '../run/host.ts';

/** The first signal stops the run at the next safe place; the second ends even the action in flight. */
export interface ProcessSignals extends StopSignals {
  /** From now on this prints that a signal arrived. */
  printBy(say: (text: string) => void): void;
  dispose(): void;
}

/** Ctrl-\ and Ctrl-Z, where a terminal makes signals of them: a run would stay where it is, in an outage too. */
const refusedSignals = ['SIGQUIT', 'SIGTSTP'] as const;
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A person sends SIGINT and SIGTERM, a lost ssh sends SIGHUP: none of them may end the process between an intent and
 * its result. `what`: what the first one brings about.
 */
export function listenToSignals(
  firstSay: (text: string) => void,
  what = 'stopping at the next safe place. Send it again to end the action in flight.',
): ProcessSignals {
  let say = firstSay;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    // A terminal that closes hangs up more than once; only a person asks twice.
    if (!stopping.signal.aborted) {
      stopping.abort(signal);
      say(`${signal}: ${what}`);
    } else if (signal !== 'SIGHUP' && !aborting.signal.aborted) {
      aborting.abort(new Error(`${signal}, for the second time`));
    }
  };
  const onRefused = (signal: NodeJS.Signals) => say(`${signal}: ignored. To end, press Ctrl-C.`);
  for (const signal of stopSignals) {
    process.on(signal, onSignal);
  }
  for (const signal of refusedSignals) {
    process.on(signal, onRefused);
  }
  return {
    stopping: stopping.signal,
    aborting: aborting.signal,
    printBy: (other) => {
      say = other;
    },
    dispose: () => {
      for (const signal of stopSignals) {
        process.off(signal, onSignal);
      }
      for (const signal of refusedSignals) {
        process.off(signal, onRefused);
      }
    },
  };
}
