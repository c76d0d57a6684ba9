import type {LabSqs} from './aws/sqs.ts';

/** What the shop sends to a warehouse through SQS, while it runs, on whichever side. */
export interface Exports {
  readonly sent: readonly string[];
  /** Those that the warehouse has, and those that still wait. */
  kept(): readonly string[];
  stop(): Promise<void>;
}

export const exportsQueue = 'shop-exports';

const sendEveryMs = 300;
/** Faster than they come: once the shop stops, the queue empties. */
const takeEveryMs = 200;

export function startExports(sqs: LabSqs, isServing: () => boolean): Exports {
  const sent: string[] = [];
  const received: string[] = [];
  const sending = setInterval(() => {
    if (isServing()) {
      sent.push(`export ${sent.length + 1}`);
      sqs.send(exportsQueue, `export ${sent.length}`);
    }
  }, sendEveryMs);
  const taking = setInterval(() => {
    const message = sqs.take(exportsQueue);
    if (message !== undefined) {
      received.push(message);
    }
  }, takeEveryMs);
  return {
    sent,
    kept: () => [...received, ...sqs.bodies(exportsQueue)],
    stop: async () => {
      clearInterval(sending);
      clearInterval(taking);
    },
  };
}
