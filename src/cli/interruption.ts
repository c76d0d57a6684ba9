import {swallowKeys} from './terminal-keys.ts';

/** What ends a command that only reads, and that would go on for ever. */
interface Interruption {
  /** Aborted by Ctrl-C, by another signal that ends a program, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function interruption(): Interruption {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const releaseKeys = process.stdout.isTTY ? swallowKeys(process.stdin) : () => {};
  for (const signal of signals) {
    process.once(signal, abort);
  }
  process.stdout.once('error', abort);
  return {
    signal: controller.signal,
    dispose: () => {
      releaseKeys();
      for (const signal of signals) {
        process.off(signal, abort);
      }
      process.stdout.off('error', abort);
    },
  };
}
