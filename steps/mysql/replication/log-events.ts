import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {errnoOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {hasReached} from './position.ts';
import {binaryLogCut} from './problems.ts';

export interface LogEvents {
  readonly rows: readonly Row[];
  /** `false`: this log may have further ones, and `most` were read. */
  readonly isWhole: boolean;
}

/** The first event of every log begins after the four bytes that mark a log. */
export const logStart = 4;

/**
 * Events of one log from a position on, at most `most` of them, as SHOW BINLOG EVENTS lists them. From 8.0 on MySQL
 * reads its newest log while another session writes, and refuses the whole statement when the last event is half
 * written: then a smaller part is read, up to that event, and the event once it is whole.
 */
export async function logEvents(
  server: Pick<MysqlReader, 'name' | 'query' | 'position'>,
  from: Position,
  most: number,
  signal?: AbortSignal,
): Promise<LogEvents> {
  const rows: Row[] = [];
  const {file} = from;
  let {position} = from;
  let limit = most;
  let cutSince: number | null = null;
  for (;;) {
    const part = await server.query(eventsSql, [file, position, limit], signal).catch(unlessCut);
    if (!('cut' in part)) {
      rows.push(...part);
      if (part.length < limit || rows.length >= most) {
        return {rows, isWhole: part.length < limit};
      }
      position = Number(part.at(-1)?.['End_log_pos']);
      limit = Math.min(limit * 2, most - rows.length);
      cutSince = null;
      continue;
    }
    if (limit === 1) {
      cutSince ??= performance.now();
      // Nothing is committed there: what is half written is no part of the log yet.
      if (hasReached({file, position}, await server.position(signal))) {
        return {rows, isWhole: true};
      }
      if (performance.now() - cutSince > cutLimitMs) {
        const problem = binaryLogCut(server.name, {file, position});
        throw new SwitcharooError(problem, {cause: part.cut});
      }
    }
    limit = Math.ceil(limit / 2);
    await sleep(betweenTriesMs, undefined, signal && {signal});
  }
}

const eventsSql = 'SHOW BINLOG EVENTS IN ? FROM ? LIMIT ?';
const betweenTriesMs = 5;
// A server writes an event in one go; one with a value of a gigabyte takes a second.
const cutLimitMs = 5_000;

/**
 * ER_ERROR_WHEN_EXECUTING_COMMAND is also what a removed log and a position within an event give, so the text has to
 * be read: "Failed decoding event: binlog truncated in the middle of event" (MySQL, sql/binlog_reader.h).
 */
function unlessCut(cause: unknown): {readonly cut: unknown} {
  if (errnoOf(cause) === 1220 && cause instanceof Error && cutText.test(cause.message)) {
    return {cut: cause};
  }
  throw cause;
}

const cutText = /truncated in the middle of event/;
