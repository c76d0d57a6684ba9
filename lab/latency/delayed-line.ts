import type {Socket} from 'node:net';

interface LineOptions {
  readonly from: Socket;
  readonly to: Socket;
  /** When what is sent at `nowMs` has crossed the line, on the clock of `performance.now`. */
  arrivalMs(nowMs: number): number;
  readonly entered?: ((chunk: Buffer) => void) | undefined;
  readonly left?: ((chunk: Buffer) => void) | undefined;
}

interface DelayedLine {
  /** Acts once everything has crossed the line that was sent before. */
  later(act: () => void): void;
}

// More than a connection has under way at 1 Gbit/s and 100 ms, so that the delay costs no throughput.
const largestLoad = 16_000_000;
// A timer of Node may fire a fraction of a millisecond early.
const timerErrorMs = 0.5;

/** One direction of a connection: everything arrives later and in order, its end and its reset as well. */
export function delayLine({from, to, arrivalMs, entered, left}: LineOptions): DelayedLine {
  const queue = delayedQueue(arrivalMs);
  let load = 0;
  const flow = () => {
    if (load < largestLoad && !to.writableNeedDrain) {
      from.resume();
    } else {
      from.pause();
    }
  };
  const deliver = (chunk: Buffer) => {
    load -= chunk.length;
    if (!to.destroyed) {
      left?.(chunk);
      to.write(chunk);
      flow();
    }
  };
  to.on('drain', flow);
  from.on('data', (chunk: Buffer) => {
    entered?.(chunk);
    load += chunk.length;
    flow();
    queue.later(() => deliver(chunk));
  });
  from.once('end', () => queue.later(() => to.end()));
  // A connection that breaks on one side is reset on the other, as it would be without this line.
  from.once('error', () => queue.later(() => to.resetAndDestroy()));
  from.once('close', () => queue.later(() => to.destroySoon()));
  return queue;
}

function delayedQueue(arrivalMs: LineOptions['arrivalMs']): DelayedLine {
  const queue: {readonly dueMs: number; readonly act: () => void}[] = [];
  let lastMs = 0;
  const settle = () => {
    for (let first = queue[0]; first; first = queue[0]) {
      const restMs = first.dueMs - performance.now();
      if (restMs > timerErrorMs) {
        setTimeout(settle, restMs);
        return;
      }
      queue.shift();
      first.act();
    }
  };
  return {
    later: (act) => {
      const nowMs = performance.now();
      lastMs = Math.max(lastMs, arrivalMs(nowMs));
      if (queue.length === 0 && lastMs <= nowMs) {
        act();
      } else if (queue.push({dueMs: lastMs, act}) === 1) {
        setTimeout(settle, lastMs - nowMs);
      }
    },
  };
}
