import {setTimeout as sleep} from 'node:timers/promises';
import type {RowDataPacket} from 'mysql2/promise';
import {openDatabase} from './database.ts';

// The cron job of the lab: counts the orders, works on it for a while, and writes one row.
// Killed half-way it writes nothing; on a database that refuses writes it exits with 1.

const takesMs = Number(process.env['DIGEST_SECONDS'] ?? '1') * 1_000;
const database = openDatabase(process.env);

try {
  const [counted] = await database.query<RowDataPacket[]>('SELECT COUNT(*) AS orders FROM orders');
  await sleep(takesMs);
  await database.query('INSERT INTO digests (made_at, orders) VALUES (NOW(), ?)', [
    counted?.['orders'],
  ]);
  console.log(`wrote a digest of ${counted?.['orders']} orders`);
} catch (error) {
  console.error(`no digest: ${(error as Error).message}`); // Only Errors are thrown in here.
  process.exitCode = 1;
} finally {
  await database.close();
}
