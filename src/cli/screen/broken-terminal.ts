import {closeSync} from 'node:fs';
import {isatty} from 'node:tty';
import type {ScreenStream} from './screen.ts';

export type Write = (text: string) => void;

const lost = new WeakMap<ScreenStream, {is: boolean}>();

/**
 * Writes to a stream that may go away. After a lost ssh connection every write to the terminal answers EIO, a closed
 * pipe answers EPIPE, and either would end the process as an uncaught error in the middle of a run. A run outlives its
 * terminal: after that, nothing more is written.
 */
export function survivingWrite(stream: ScreenStream): Write {
  const state = lost.get(stream) ?? {is: false};
  if (!lost.has(stream)) {
    lost.set(stream, state);
    stream.on('error', () => {
      state.is = true;
    });
  }
  return (text) => {
    if (state.is) {
      return;
    }
    try {
      stream.write(text);
    } catch {
      state.is = true;
    }
  };
}

let outliving = false;

/** For the start of a program: whatever writes to the terminal later, losing it does not end the process. */
export function outliveTerminal(): void {
  survivingWrite(process.stdout);
  survivingWrite(process.stderr);
  if (!outliving) {
    outliving = true;
    const terminals = [0, 1, 2].filter((fd) => isatty(fd));
    process.once('exit', () => closeHungUp(terminals));
  }
}

/**
 * Node gives terminals their first mode back when it exits, and aborts with a core dump if one answers EIO
 * (`ResetStdio` in Node 20's src/node.cc). It passes over closed ones.
 */
function closeHungUp(terminals: readonly number[]): void {
  for (const fd of terminals.filter((terminal) => !isatty(terminal))) {
    try {
      closeSync(fd);
    } catch {
      // Somebody else closed it.
    }
  }
}
