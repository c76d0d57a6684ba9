import {appendFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {RedisClient} from '../redis/client.ts';
import {mailQueue, takenMails} from './visits.ts';

const pauseMs = 100;

/**
 * Sends the mails in the queue until `signal` is aborted, and finishes the one it works on. A mail leaves the list of
 * those taken only once it is sent: killed in between, it is sent again. Without a Redis in its environment, it sends
 * nothing.
 */
export async function sendMails(
  {REDIS_PORT = '', MAILS_FILE = ''}: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  if (REDIS_PORT === '') {
    return;
  }
  const redis = new RedisClient(Number(REDIS_PORT));
  const send = async (token: string) => {
    appendFileSync(MAILS_FILE, `${token}\n`);
    await redis.ask(['LREM', takenMails, 1, token]);
  };
  try {
    // What an earlier one had taken when it was killed.
    const [taken] = await redis.ask(['LRANGE', takenMails, 0, -1]);
    for (const token of Array.isArray(taken) ? taken : []) {
      await send(`${token}`);
    }
    while (!signal.aborted) {
      const [token] = await redis.ask(['RPOPLPUSH', mailQueue, takenMails]);
      await (typeof token === 'string'
        ? send(token)
        : sleep(pauseMs, undefined, {signal}).catch(() => {}));
    }
  } finally {
    redis.close();
  }
}
