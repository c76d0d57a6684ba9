import {z} from 'zod';
import {blocked, defineGate, done, SwitcharooError, waiting} from '../../src/index.ts';
import {mysqlServer, type Row} from '../mysql/index.ts';

// The reader's session can change no data; this refuses a mistake in the runbook earlier.
const readOnly = /^\s*(select|show)\b/i;

const input = z.object({
  query: z.string().regex(readOnly, 'must be a SELECT or a SHOW: a gate changes nothing'),
  /** The first column of the first row. */
  equals: z.union([z.string(), z.number()]),
});

/** Passes once the database answers a query with the expected value. */
export const sqlAnswers = defineGate({
  name: 'smoke.sql',
  summary: 'Wait until the database answers a query with the expected value.',
  targets: {server: mysqlServer},
  input,
  output: z.object({}),
  needs: {server: ['SELECT on the tables that the query reads']},
  timeoutMs: 2 * 60_000,
  poll: {firstMs: 200, mostMs: 3_000},
  check: async ({input: {query, equals}, targets: {server}, signal}) => {
    try {
      const [row] = await server.query(query, [], signal);
      const answer = row === undefined ? 'no row' : `"${firstValue(row)}"`;
      return row !== undefined && firstValue(row) === String(equals)
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

// The server has understood the query, and refuses it every time.
const finalCodes = new Set(['mysql-statement-refused', 'mysql-privilege-missing']);
const queryHint =
  "Correct the query of this gate, or grant switcharoo's account SELECT on the tables that it reads.";

function firstValue(row: Row): string {
  const [value] = Object.values(row);
  return value instanceof Date ? value.toISOString() : String(value);
}
