import {z} from 'zod';
import {blocked, defineGate, done, SwitcharooError, waiting} from '../../src/index.ts';
import {mysqlServer, type Row} from '../mysql/index.ts';

// The reader's session can change no data; this keeps a slip of the pen from getting that far.
const readOnly = /^\s*(select|show)\b/i;

const input = z.object({
  query: z.string().regex(readOnly, 'must be a SELECT or a SHOW: a gate changes nothing'),
  /** The first column of the first row. */
  equals: z.union([z.string(), z.number()]),
});

/** Open once the database answers a query with the wanted value. */
export const sqlAnswers = defineGate({
  name: 'smoke.sql',
  summary: 'Ask the database one question, and check the answer.',
  targets: {server: mysqlServer},
  input,
  output: z.object({}),
  needs: {server: ['SELECT on the tables that the query reads']},
  timeoutMs: 2 * 60_000,
  poll: {firstMs: 200, mostMs: 3_000},
  check: async ({input: {query, equals}, targets: {server}, signal}) => {
    try {
      const [row] = await server.query(query, [], signal);
      const answer = row === undefined ? 'no row' : `"${firstOf(row)}"`;
      return row !== undefined && firstOf(row) === String(equals)
        ? done({})
        : waiting(`${server.name} answers ${answer} to ${query}, not "${equals}".`);
    } catch (error) {
      if (error instanceof SwitcharooError && finalCodes.has(error.problem.code)) {
        return blocked(error.problem.message, queryHint);
      }
      throw error;
    }
  },
});

// The server understood, and will say no every time.
const finalCodes = new Set(['mysql-statement-refused', 'mysql-not-allowed']);
const queryHint =
  "Correct the query of this gate, or give switcharoo's account the right to read what it asks for.";

function firstOf(row: Row): string {
  const [value] = Object.values(row);
  return value instanceof Date ? value.toISOString() : String(value);
}
