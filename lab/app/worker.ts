import {setTimeout as sleep} from 'node:timers/promises';
import type {RowDataPacket} from 'mysql2/promise';
import {openDatabase} from './database.ts';
import {sendMails} from './mails.ts';

// The worker of the lab: it counts the orders and writes a row about it, over and over, without a visitor.
// Where there is a Redis it sends the mails of its queue, too. On a database that refuses writes it exits with 1.
// Told to stop, it finishes what it works on.

const pauseMs = 2_000;
const database = openDatabase(process.env);
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());

const mails = sendMails(process.env, stopping.signal);
mails.catch(() => stopping.abort());

try {
  while (!stopping.signal.aborted) {
    const [counted] = await database.query<RowDataPacket[]>(
      'SELECT COUNT(*) AS orders FROM orders',
    );
    await database.query('INSERT INTO digests (made_at, orders) VALUES (NOW(), ?)', [
      counted?.['orders'],
    ]);
    console.log(`counted ${counted?.['orders']} orders`);
    await sleep(pauseMs, undefined, {signal: stopping.signal}).catch(() => {});
  }
  await mails;
} catch (error) {
  console.error(`stops: ${(error as Error).message}`); // Only Errors are thrown in here.
  process.exitCode = 1;
} finally {
  stopping.abort();
  await mails.catch(() => {});
  await database.close();
}
