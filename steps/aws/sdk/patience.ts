import {setMaxListeners} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import type {AwsClock} from './clock.ts';
import {isClockCorrected, isSessionOver, isThrottled, isUnsent} from './refusals.ts';

/** What every client of the SDK is, and its generic types leave out. */
interface Sender {
  send(command: unknown, options?: SendOptions): Promise<unknown>;
  readonly config: {
    systemClockOffset?: number;
    credentials(options?: {readonly forceRefresh: boolean}): Promise<{readonly expiration?: Date}>;
  };
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

const firstPauseMs = 250;
/** An outage may be waiting for the write: not as long as a service that nobody waits for. */
const longestPauseMs = 5_000;
/** A network that is gone for longer is worth a question to the operator. */
const longestUnsentMs = 30_000;

/** `nothing`: reads. `unless-throttled`: writes whose step sends them again itself, and looks before. */
export type SendsAgain = 'nothing' | 'unless-throttled' | 'all-not-done';

interface Manner {
  readonly sendsAgain: SendsAgain;
  readonly clock: AwsClock;
  noteKeys(keys: {readonly expiration?: Date}): void;
}

/**
 * The same client, which sends again what was not done. A read is repeated by the SDK itself, as often as its settings
 * say. A write is sent again only when AWS has refused it for now, or when it never left this machine: until the signal
 * ends it, for it was not done. A write whose answer was lost may have been done, and is never sent again.
 */
export function patient<Client extends object>(
  client: Client,
  {sendsAgain, clock, noteKeys}: Manner,
): Client {
  const sender = client as unknown as Sender; // every client of the SDK has these
  const send = sender.send.bind(client);
  sender.send = async (command, options = {}) => {
    const {abortSignal} = options;
    if (abortSignal) {
      // Many requests may wait for the same signal, and Node warns of more than ten.
      setMaxListeners(0, abortSignal);
    }
    const attempt = () => withAwsTime(sender, clock, () => send(command, options));
    const write = () => untilHeard(attempt, sendsAgain, options);
    const result = await withLiveSession(sender, sendsAgain === 'nothing' ? attempt : write);
    // Beside the answer, which may have to wait for nobody: keys near their end are renewed here.
    void sender.config.credentials().then(noteKeys, () => {});
    return result;
  };
  return client;
}

/** What one client has learned of the time of AWS, all others sign with. */
async function withAwsTime<Result>(
  {config}: Sender,
  clock: AwsClock,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const offsetMs = clock.offsetMs();
  if (offsetMs !== 0) {
    config.systemClockOffset = offsetMs;
  }
  try {
    return await attempt();
  } finally {
    clock.learn(config.systemClockOffset);
  }
}

/** A session that AWS has ended before its time is renewed once. */
async function withLiveSession<Result>(
  {config}: Sender,
  attempt: () => Promise<Result>,
): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    if (!isSessionOver(error)) {
      throw error;
    }
    // The same keys again, where there is nothing to renew: then AWS says so again.
    await config.credentials({forceRefresh: true});
    return attempt();
  }
}

async function untilHeard<Result>(
  attempt: () => Promise<Result>,
  sendsAgain: SendsAgain,
  {abortSignal}: SendOptions,
): Promise<Result> {
  const startMs = performance.now();
  let corrected = false;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const first: boolean = isClockCorrected(error) && !corrected;
      const unsent = isUnsent(error) && performance.now() - startMs < longestUnsentMs;
      const throttled = isThrottled(error) && sendsAgain === 'all-not-done';
      if (abortSignal?.aborted || !(first || unsent || throttled)) {
        throw error;
      }
      corrected ||= first;
      await (first ? undefined : pause(tries, abortSignal, error));
    }
  }
}

/** Half of the pause is random: other clients of the account wait too. Who is stopped here hears why it waited. */
async function pause(
  tries: number,
  signal: AbortSignal | undefined,
  error: unknown,
): Promise<void> {
  const waitMs = Math.min(firstPauseMs * 2 ** tries, longestPauseMs);
  await sleep(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, signal ? {signal} : {}).catch(
    () => {
      throw error;
    },
  );
}
