import {RedisClient} from '../redis/client.ts';

/** Of the mails that are to be sent, and of those that a consumer has taken. */
export const mailQueue = 'queue:mails';
export const takenMails = 'queue:mails:taken';

const sessionSeconds = 3_600;

interface Visits {
  /** The orders of a client are in its session, and a mail about each is sent later. */
  remember(order: {readonly token: string; readonly client: number}): Promise<void>;
  close(): void;
}

/** The application's Redis, where its environment names one. */
export function openVisits({REDIS_PORT = ''}: NodeJS.ProcessEnv): Visits {
  if (REDIS_PORT === '') {
    return {remember: async () => {}, close: () => {}};
  }
  const redis = new RedisClient(Number(REDIS_PORT));
  return {
    remember: async ({token, client}) => {
      const session = `session:${client}`;
      await redis.ask(
        ['SADD', session, token],
        ['EXPIRE', session, sessionSeconds],
        ['LPUSH', mailQueue, token],
      );
    },
    close: () => redis.close(),
  };
}
