import {PassThrough} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';

/** Why there is no answer. `dismissed`: the person dismissed the question. `gone`: nobody can answer any more. */
export type Unanswered = 'dismissed' | 'gone';

/** The keys of a terminal, for the time of one question. */
interface Keys {
  readonly input: NodeJS.ReadableStream;
  /** Aborted with an `Unanswered` as its reason. */
  readonly ended: AbortSignal;
}

/** Keys typed before a question arrive within this time after the terminal stops to collect lines. */
const typedAheadMs = 50;
const ctrlC = 0x03;
const ctrlD = 0x04;
/** Readline would stop the process at it. */
const ctrlZ = 0x1a;

/**
 * Prompts read a stream of their own, and not the terminal: a terminal that hangs up answers EIO when readline gives
 * back its mode, readline throws that as an error that nobody can catch, and the run would end with it.
 * Ctrl-D closes readline for good, and the prompt would then wait for ever: here it means the same as Ctrl-C.
 */
export async function withKeys<Result>(
  terminal: NodeJS.ReadStream,
  work: (keys: Keys) => Promise<Result>,
): Promise<Result> {
  const input = new PassThrough();
  const ended = new AbortController();
  const onEnd = () => ended.abort('gone' satisfies Unanswered);
  let open = !terminal.isTTY;
  const forward = (chunk: Buffer | string) => {
    const bytes = Buffer.from(chunk).filter((byte) => byte !== ctrlZ);
    if (bytes.includes(ctrlD)) {
      ended.abort('dismissed' satisfies Unanswered);
    } else if (open || bytes.includes(ctrlC)) {
      input.write(bytes);
    }
  };
  const stop = listen(terminal, {forward, onEnd});
  try {
    // Keys that were pressed before the question was there do not answer it; Ctrl-C always does.
    await sleep(open ? 0 : typedAheadMs);
    open = true;
    return await work({input, ended: ended.signal});
  } finally {
    stop();
    input.end();
  }
}

/**
 * Swallows the keys that no question waits for, while something is drawn: an Enter that the terminal echoes would move
 * all of it by a row. Ctrl-C and Ctrl-\ still reach the program, as signals. Call the returned function to give the
 * keys back.
 */
export function swallowKeys(terminal: NodeJS.ReadStream): () => void {
  if (!terminal.isTTY) {
    return () => {};
  }
  const forward = (chunk: Buffer | string) => {
    for (const byte of Buffer.from(chunk)) {
      const signal = signalOf[byte];
      if (signal) {
        process.kill(process.pid, signal);
      }
    }
  };
  return listen(terminal, {forward, onEnd: () => {}});
}

const signalOf: Readonly<Record<number, NodeJS.Signals>> = {[ctrlC]: 'SIGINT', 28: 'SIGQUIT'};

function listen(
  terminal: NodeJS.ReadStream,
  {forward, onEnd}: {forward: (chunk: Buffer | string) => void; onEnd: () => void},
): () => void {
  const endings = ['end', 'close', 'error'] as const;
  for (const ending of endings) {
    terminal.on(ending, onEnd);
  }
  terminal.on('data', forward);
  // A stream that was paused by hand does not flow again by itself.
  terminal.resume();
  setRaw(terminal, true);
  if (terminal.readableEnded || terminal.destroyed) {
    onEnd();
  }
  return () => {
    terminal.off('data', forward);
    terminal.pause();
    setRaw(terminal, false);
    for (const ending of endings) {
      terminal.off(ending, onEnd);
    }
  };
}

/** A terminal that is gone answers EIO, as an event that `listen` hears, or as an exception. */
function setRaw(terminal: NodeJS.ReadStream, raw: boolean): void {
  try {
    if (terminal.isTTY) {
      terminal.setRawMode(raw);
    }
  } catch {
    terminal.destroy();
  }
}
