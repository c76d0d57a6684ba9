import {truncate} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import type {MysqlReader, Position} from '../../../steps/mysql/contract.ts';
import {changesSince, missingSince} from '../../../steps/mysql/replication/binlog.ts';
import {dataChangesSince} from '../../../steps/mysql/replication/data-changes.ts';
import {logEvents} from '../../../steps/mysql/replication/log-events.ts';
import {ownWritesSince} from '../../../steps/mysql/ring/own-writes.ts';
import {current} from '../../lab/mysql/server-kinds.ts';
import {describeEachServer} from './each-server.ts';

const never = new AbortController().signal;

describeEachServer('a log that is being written', (on) => {
  // MySQL 9 refused one of 250 such looks; MySQL 5.6 and MariaDB none.
  test('can be read at any time, and every write is in it once', async () => {
    const {database, session} = on;
    const {reader} = session;
    await database.query('CREATE DATABASE shop');
    await database.query('CREATE TABLE shop.files (body MEDIUMTEXT NOT NULL)');
    const from = await reader.position();
    const writers = writeUntilStopped(database);
    let at = from;
    for (let look = 0; look < 1_200; look += 1) {
      at = look % 100 === 0 ? await reader.position() : at;
      await lookAt(reader, at, look);
    }
    const written = await writers.stop();
    const {count, isWhole} = await ownWritesSince(reader, {from, limitMs: 60_000}, never);
    expect({count, isWhole}).toEqual({count: written, isWhole: true});
  });

  test('and was cut off in the middle of an event is read up to there, and then refused', async () => {
    const {database, session} = on;
    const {reader} = session;
    const from = await reader.position();
    await database.query('CREATE DATABASE cut');
    const cutAt = await reader.position();
    await database.query('CREATE TABLE cut.off (id INT)');
    await database.query('FLUSH LOGS');
    await database.stop();
    await truncate(join(dirname(database.socket), 'db1', from.file), cutAt.position + 30);
    await database.restart();
    expect((await logEvents(reader, from, 1)).rows.length).toBe(1);
    // MySQL 5.6 and MariaDB never list half an event that may still be completed.
    const code = on.kind.name === current.name ? 'mysql-binary-log-cut' : 'mysql-statement-refused';
    await expect(logEvents(reader, from, 1_000)).rejects.toMatchObject({problem: {code}});
  });
});

/** Each function that reads events, in turn. */
function lookAt(reader: MysqlReader, at: Position, look: number): Promise<unknown> {
  const functions = [
    () => changesSince(reader, at),
    () => missingSince(reader, at),
    () => dataChangesSince(reader, at, never),
    () => ownWritesSince(reader, {from: at, limitMs: 60_000}, never),
  ];
  return functions[look % functions.length]?.() ?? Promise.resolve();
}

function writeUntilStopped(database: LabDatabase) {
  let over = false;
  let written = 0;
  const writers = Array.from({length: 6}, (_, writer) =>
    database.session(async (connection) => {
      for (let round = 1; !over; round += 1) {
        const length = (round * 7_919 + writer * 3_001) % 30_000;
        await connection.query('INSERT INTO shop.files VALUES (REPEAT(?, ?))', ['x', length]);
        written += 1;
      }
    }),
  );
  return {
    stop: async () => {
      over = true;
      await Promise.all(writers);
      return written;
    },
  };
}

describe('a log whose last event is half written', () => {
  test('is whole once the event is there', async () => {
    const log = new HalfWrittenLog({events: 700, isCommitted: true, looksUntilWhole: 3});
    const {rows, isWhole} = await logEvents(log, log.start, 1_000);
    expect({last: rows.at(-1), count: rows.length, isWhole}).toEqual({
      ...{last: {Pos: 69_904, End_log_pos: 70_004}, count: 700, isWhole: true},
    });
  });

  test('ends before it while the event is not committed', async () => {
    const log = new HalfWrittenLog({events: 700, isCommitted: false, looksUntilWhole: 1_000});
    const {rows, isWhole} = await logEvents(log, log.start, 1_000);
    expect({last: rows.at(-1), count: rows.length, isWhole}).toEqual({
      ...{last: {Pos: 69_804, End_log_pos: 69_904}, count: 699, isWhole: true},
    });
  });

  test('gives no more events than were asked for', async () => {
    const log = new HalfWrittenLog({events: 700, isCommitted: true, looksUntilWhole: 5});
    const {rows, isWhole} = await logEvents(log, log.start, 699);
    expect({count: rows.length, isWhole}).toEqual({count: 699, isWhole: false});
  });
});

/** Events of 100 bytes; a look that reaches the last one fails as MySQL 9 does, until there were enough of them. */
class HalfWrittenLog {
  readonly name = 'db1';
  readonly start = {file: 'mysql-bin.000001', position: 4};
  readonly #events: number;
  readonly #isCommitted: boolean;
  #looksUntilWhole: number;

  constructor(log: {events: number; isCommitted: boolean; looksUntilWhole: number}) {
    this.#events = log.events;
    this.#isCommitted = log.isCommitted;
    this.#looksUntilWhole = log.looksUntilWhole;
  }

  position = async (): Promise<Position> => ({
    ...this.start,
    position: 4 + 100 * (this.#events - (this.#isCommitted ? 0 : 1)),
  });

  query: MysqlReader['query'] = async (_sql, values = []) => {
    const first = (Number(values[1]) - 4) / 100;
    const end = Math.min(this.#events, first + Number(values[2]));
    if (first + Number(values[2]) >= this.#events && this.#looksUntilWhole > 0) {
      this.#looksUntilWhole -= 1;
      throw Object.assign(
        new Error('Failed decoding event: binlog truncated in the middle of event'),
        {errno: 1220},
      );
    }
    return Array.from({length: end - first}, (_, index) => ({
      Pos: 4 + 100 * (first + index),
      End_log_pos: 4 + 100 * (first + index + 1),
    }));
  };
}
