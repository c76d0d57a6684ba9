import type {RunReport} from './run-report.ts';

// What the clients of a rehearsal counted, each in a sentence.

export function writesSentence({
  acknowledged,
  lost,
  duplicated,
  failed = 0,
  lastFailure,
}: NonNullable<RunReport['writes']>): string {
  const counted = `${acknowledged.toLocaleString('en-US')} acknowledged, ${lost} lost, ${duplicated} duplicated`;
  return failed === 0 ? counted : `${counted}; ${failed} failed${theLast(lastFailure)}`;
}

/** "12,645 of both databases compared, 1 differs: shop.orders id = 7 is only on source". */
export function rowsSentence({compared, different, first}: NonNullable<RunReport['rows']>): string {
  const more = different - first.length;
  const named =
    first.length === 0 ? '' : `: ${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return `${compared.toLocaleString('en-US')} of both databases compared, ${different} ${different === 1 ? 'differs' : 'differ'}${named}`;
}

export function readsSentence({
  answered,
  failed,
  lastFailure,
}: NonNullable<RunReport['reads']>): string {
  return `${answered.toLocaleString('en-US')} answered, ${failed} failed${theLast(lastFailure)}`;
}

const theLast = (failure: string | undefined): string =>
  failure === undefined ? '' : `, the last: ${failure}`;

export function lookupsSentence({right, wrong}: NonNullable<RunReport['lookups']>): string {
  return `${right.toLocaleString('en-US')} right, ${wrong} wrong`;
}

export const rowsNotCompared = 'not compared: a database does not answer';

/** How many rows differ, and the sentence about it. */
export const rowsFigure = (
  rows: NonNullable<RunReport['rows']> | null,
): readonly [string, string] =>
  rows === null
    ? ['✗ unknown', rowsNotCompared]
    : [`${rows.different > 0 ? '✗' : '✓'} ${rows.different}`, rowsSentence(rows)];
