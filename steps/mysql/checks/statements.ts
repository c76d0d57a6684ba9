import {listed, type Observation} from '../../../src/index.ts';
import {errnoOf, unknownSyntaxErrnos} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {findingIf, type MysqlCheck} from './check.ts';
import {columnValue, exceptSystemSchemas, type Facts} from './facts.ts';
import {columnNameOf, plural} from './tables.ts';

/** A statement that the server keeps, or has executed, without its strings and comments. */
interface Statement {
  /** Where it is used: "procedure shop.close_day". */
  readonly owner: string;
  readonly text: string;
}

/** The statements of stored objects and of the application, and the functions that they need. */
export const statementChecks: readonly MysqlCheck[] = [
  {
    name: 'hash-function-missing',
    severity: 'warns',
    expects: 'The server can compute SHA2.',
    consequence:
      'mysql.verify-data cannot compare: SHA2 is the only strong hash that every server has.',
    fix: 'Compare with a replica of it instead, on a server that was built with TLS.',
    find: async (server) => {
      const [row] = await server.rows("SELECT SHA2('x', 256) AS hash").catch(nothingIfUnknown);
      return findingIf(
        (row?.['hash'] ?? null) === null,
        `${server.name} cannot compute SHA2('x', 256)`,
      );
    },
  },
  {
    name: 'server-file-access',
    severity: 'warns',
    of: 'source',
    expects:
      'No statement reads or writes files of the server (those of clients are seen with performance_schema = ON).',
    consequence: 'Aurora gives no access to its files, and refuses such a statement.',
    fix: 'Use LOAD DATA LOCAL, or LOAD DATA FROM S3 and SELECT … INTO OUTFILE S3 on Aurora.',
    find: (server) => statementsWith(server, fileAccess, 'the files of the server'),
  },
];

const fileAccess: readonly Pattern[] = [
  {
    name: 'LOAD DATA INFILE',
    pattern: /\bLOAD\s+DATA\s+(?:(?:LOW_PRIORITY|CONCURRENT)\s+)?INFILE\b/i,
  },
  {name: 'INTO OUTFILE', pattern: /\bINTO\s+OUTFILE\b/i},
  {name: 'INTO DUMPFILE', pattern: /\bINTO\s+DUMPFILE\b/i},
  {name: 'LOAD_FILE()', pattern: functionCall('LOAD_FILE')},
];

export interface Pattern {
  readonly name: string;
  readonly pattern: RegExp;
}

/** A digest quotes the name and puts a blank after it; a name after INTO or a dot is no function. */
export function functionCall(name: string): RegExp {
  return new RegExp(
    `(?<![\\w$\`.]|\\b(?:into|table|from|join|update|references|key|index|call)\\s+\`?)\`?${name}\`?\\s*\\(`,
    'i',
  );
}

/** The patterns that at least one statement of the server has. */
export async function patternsUsed<Used extends Pattern>(
  server: Facts,
  patterns: readonly Used[],
): Promise<readonly Used[]> {
  const statements = await statementsOf(server);
  return patterns.filter(({pattern}) => statements.some(({text}) => pattern.test(text)));
}

/** One finding that lists every statement with one of the patterns. */
export async function statementsWith(
  server: Facts,
  patterns: readonly Pattern[],
  what: string,
): Promise<readonly Observation[]> {
  const matches = (await statementsOf(server)).flatMap(({owner, text}) => {
    const names = patterns.filter(({pattern}) => pattern.test(text)).map(({name}) => name);
    return names.length === 0 ? [] : [`${owner} (${names.join(', ')})`];
  });
  return listed(
    (count) =>
      `${count} ${plural(count, 'statement')} of ${server.name} ${plural(count, 'uses', 'use')} ${what}`,
    matches,
  );
}

/**
 * Of stored objects and generated columns, and the digests of client statements since performance_schema was cleared.
 */
async function statementsOf(server: Facts): Promise<readonly Statement[]> {
  const [{defined}, {columns}, digests] = await Promise.all([
    server.objects(),
    server.tables(),
    server.rows(digestsSql),
  ]);
  const generated = columns.filter((row) => columnValue(row, 'body') !== '');
  return [
    ...defined.map((row) => ({
      owner: `${columnValue(row, 'what')} ${columnValue(row, 's')}.${columnValue(row, 'name')}`,
      text: bare(columnValue(row, 'body')),
    })),
    ...generated.map((row) => ({
      owner: `column ${columnNameOf(row)}`,
      text: bare(columnValue(row, 'body')),
    })),
    ...digests
      .map((row) => ({owner: digestText(row), text: columnValue(row, 'body')}))
      .filter(({text}) => !createsObject.test(text)),
  ];
}

const digestText = (row: Row): string => {
  const digest = columnValue(row, 'body').trim();
  return `in ${columnValue(row, 's')}: ${digest.length > longestDigest ? `${digest.slice(0, longestDigest)}…` : digest}`;
};

// The objects that these statements create are read themselves.
const createsObject = /^(?:CREATE|ALTER) (?!TABLE\b|TEMPORARY\b)/;

const longestDigest = 60;

/** Comments that the server executes are kept. */
const bare = (body: string): string =>
  body
    .replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/gs, "''")
    .replaceAll(/\/\*(?!!).*?\*\//gs, ' ')
    .replaceAll(/(?:--\s|#).*$/gm, ' ');

/** Whether a server accepts a statement with a name or a form that not all servers have. */
export async function understands(server: Facts, sql: string): Promise<boolean> {
  const rows = await server.rows(sql).catch(nothingIfUnknown);
  return rows.length > 0;
}

function nothingIfUnknown(cause: unknown): readonly Row[] {
  if (unknownSyntaxErrnos.includes(errnoOf(cause) ?? 0)) {
    return [];
  }
  throw cause;
}

// A digest has no values. A statement without a default schema is hardly the application's.
const digestsSql = `
  SELECT DISTINCT schema_name AS s, digest_text AS body
    FROM performance_schema.events_statements_summary_by_digest
   WHERE digest_text IS NOT NULL AND ${exceptSystemSchemas('schema_name')} ORDER BY schema_name, digest_text`;
