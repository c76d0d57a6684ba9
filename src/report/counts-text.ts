import type {Kept, KeptCount, RunReport} from './run-report.ts';

// What the clients of a rehearsal counted, each in a sentence.

/** `12,645` */
const inDigits = (figure: number): string => figure.toLocaleString('en-US');

export function writesSentence({
  acknowledged,
  lost,
  duplicated,
  failed = 0,
  lastFailure,
}: NonNullable<RunReport['writes']>): string {
  const counted = `${inDigits(acknowledged)} acknowledged, ${inDigits(lost)} lost, ${inDigits(duplicated)} duplicated`;
  return failed === 0 ? counted : `${counted}; ${inDigits(failed)} failed${theLast(lastFailure)}`;
}

type Rows = NonNullable<RunReport['rows']>;

/**
 * "12,645 of both databases compared, 1 differs: shop.orders id = 7 is only on source", or "not compared, because
 * aurora did not answer: connect ECONNREFUSED".
 */
export function rowsSentence(rows: Rows): string {
  if ('because' in rows) {
    return `not compared, because ${rows.database} did not answer: ${rows.because}`;
  }
  const {compared, different, first} = rows;
  const more = different - first.length;
  const named =
    first.length === 0 ? '' : `: ${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return `${inDigits(compared)} of both databases compared, ${different} ${different === 1 ? 'differs' : 'differ'}${named}`;
}

/** Every row was compared, and none differs. */
export const rowsAreEqual = (rows: Rows): boolean => 'compared' in rows && rows.different === 0;

/** "240 acknowledged, 1 lost: orders/a-10.txt". */
export function keptSentence({promised, lost, first}: KeptCount): string {
  const more = lost - first.length;
  const named =
    first.length === 0 ? '' : `: ${first.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
  return `${inDigits(promised)} acknowledged, ${inDigits(lost)} lost${named}`;
}

/** Of the lines of a report. */
export const keptLabels = {documents: 'files', messages: 'queues', sessions: 'sessions'} as const;

/** What a runbook has promised beside writes, each with its name. */
export const keptParts = (kept: Kept = {}): readonly (readonly [keyof Kept, KeptCount])[] =>
  (['documents', 'messages', 'sessions'] as const).flatMap((name) => {
    const count = kept[name];
    return count ? [[name, count] as const] : [];
  });

/** For the page: what was compared at the end, the figure, and the sentence about it. */
export const comparedFigures = ({
  rows,
  kept,
}: Pick<RunReport, 'rows' | 'kept'>): readonly (readonly string[])[] => [
  ...(rows === undefined ? [] : [['Rows that differ', ...rowsFigure(rows)]]),
  ...keptParts(kept).map(([name, count]) => [
    `Lost ${name}`,
    `${count.lost > 0 ? '✗' : '✓'} ${count.lost}`,
    keptSentence(count),
  ]),
];

export function readsSentence({
  answered,
  failed,
  lastFailure,
}: NonNullable<RunReport['reads']>): string {
  return `${inDigits(answered)} answered, ${inDigits(failed)} failed${theLast(lastFailure)}`;
}

const theLast = (failure: string | undefined): string =>
  failure === undefined ? '' : `, the last: ${failure}`;

export function lookupsSentence({right, wrong}: NonNullable<RunReport['lookups']>): string {
  return `${inDigits(right)} right, ${inDigits(wrong)} wrong`;
}

/** How many rows differ, and the sentence about it. */
const rowsFigure = (rows: Rows): readonly [string, string] => [
  `${rowsAreEqual(rows) ? '✓' : '✗'} ${'because' in rows ? 'unknown' : rows.different}`,
  rowsSentence(rows),
];
