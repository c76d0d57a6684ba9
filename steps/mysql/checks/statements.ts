import {type Found, listed} from '../../../src/index.ts';
import {errnoOf, unknownWords} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {type MysqlCheck, when} from './check.ts';
import {type Facts, notTheServers, text} from './facts.ts';
import {definedSql} from './objects.ts';
import {are, columnOf} from './tables.ts';

/** A statement that the server keeps, or has seen, without what stands in its strings and comments. */
export interface Statement {
  /** Whose it is: "procedure shop.close_day". */
  readonly of: string;
  readonly text: string;
}

/** What stands in the statements of stored objects and of the application. */
export const statementChecks: readonly MysqlCheck[] = [
  {
    name: 'hash-function-missing',
    severity: 'warns',
    expects: 'The server can compute SHA2.',
    consequence: 'mysql.verify-data cannot compare: it is the only strong hash that all have.',
    fix: 'Compare with a replica of it on another server, one that was built with TLS.',
    find: async (server) => {
      const [row] = await server.rows("SELECT SHA2('x', 256) AS hash").catch(nothingIfUnknown);
      return when((row?.['hash'] ?? null) === null, `${server.name} cannot compute SHA2('x', 256)`);
    },
  },
  {
    name: 'files-of-the-server',
    severity: 'warns',
    of: 'source',
    expects:
      'Nothing reads or writes files of the server (seen in stored objects, and with performance_schema = ON in statements).',
    consequence: 'Aurora gives nobody its files: such a statement is refused.',
    fix: 'Use LOAD DATA LOCAL, or LOAD DATA FROM S3 and SELECT … INTO OUTFILE S3 on Aurora.',
    find: (server) => using(server, fileAccess, 'the files of the server'),
  },
];

const fileAccess: readonly Pattern[] = [
  {name: 'LOAD DATA INFILE', is: /\bLOAD\s+DATA\s+(?:(?:LOW_PRIORITY|CONCURRENT)\s+)?INFILE\b/i},
  {name: 'INTO OUTFILE', is: /\bINTO\s+OUTFILE\b/i},
  {name: 'INTO DUMPFILE', is: /\bINTO\s+DUMPFILE\b/i},
  {name: 'LOAD_FILE()', is: callOf('LOAD_FILE')},
];

export interface Pattern {
  readonly name: string;
  readonly is: RegExp;
}

/** A digest quotes the name and sets it off; what follows INTO or a dot is no function. */
export function callOf(name: string): RegExp {
  return new RegExp(
    `(?<![\\w$\`.]|\\b(?:into|table|from|join|update|references|key|index|call)\\s+\`?)\`?${name}\`?\\s*\\(`,
    'i',
  );
}

/** One finding that lists all statements with one of the patterns. */
export async function using(
  server: Facts,
  patterns: readonly Pattern[],
  what: string,
): Promise<readonly Found[]> {
  const found = (await statementsOf(server)).flatMap(({of, text: said}) => {
    const names = patterns.filter(({is}) => is.test(said)).map(({name}) => name);
    return names.length === 0 ? [] : [`${of} (${names.join(', ')})`];
  });
  return listed(
    (count) =>
      `${count} ${are(count, 'statement')} of ${server.name} ${count === 1 ? 'uses' : 'use'} ${what}`,
    found,
  );
}

/** Of stored objects, of generated columns, and the digests of what clients have said since performance_schema was cleared. */
async function statementsOf(server: Facts): Promise<readonly Statement[]> {
  const {isMariaDb, series} = await server.version();
  const hasGenerated = series >= (isMariaDb ? 1002 : 507);
  const [stored, generated, said] = [
    await server.rows(definedSql),
    hasGenerated ? await server.rows(generatedSql) : [],
    await server.rows(digestsSql),
  ];
  return [
    ...stored.map((row) => ({
      of: `${text(row, 'what')} ${text(row, 's')}.${text(row, 'name')}`,
      text: bare(text(row, 'body')),
    })),
    ...generated.map((row) => ({of: `column ${columnOf(row)}`, text: bare(text(row, 'body'))})),
    ...said
      .map((row) => ({of: saidText(row), text: text(row, 'body')}))
      .filter((one) => !makesAnObject.test(one.text)),
  ];
}

const saidText = (row: Row): string => {
  const said = text(row, 'body').trim();
  return `in ${text(row, 's')}: ${said.length > longestSaid ? `${said.slice(0, longestSaid)}…` : said}`;
};

// What was made stands for itself, as long as it is there.
const makesAnObject = /^(?:CREATE|ALTER) (?!TABLE\b|TEMPORARY\b)/;

const longestSaid = 60;

/** Comments that the server executes stay. */
const bare = (body: string): string =>
  body
    .replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/gs, "''")
    .replaceAll(/\/\*(?!!).*?\*\//gs, ' ')
    .replaceAll(/(?:--\s|#).*$/gm, ' ');

/** Whether a server takes a statement that begins like this; `sql` has a name or a form that not all servers have. */
export async function knows(server: Facts, sql: string): Promise<boolean> {
  const rows = await server.rows(sql).catch(nothingIfUnknown);
  return rows.length > 0;
}

function nothingIfUnknown(cause: unknown): readonly Row[] {
  if (unknownWords.includes(errnoOf(cause) ?? 0)) {
    return [];
  }
  throw cause;
}

const generatedSql = `
  SELECT table_schema AS s, table_name AS t, column_name AS c, generation_expression AS body
    FROM information_schema.columns WHERE generation_expression <> '' AND ${notTheServers('table_schema')}
   ORDER BY table_schema, table_name, ordinal_position`;

// A digest has no values. What no schema was chosen for is hardly the application's.
const digestsSql = `
  SELECT DISTINCT schema_name AS s, digest_text AS body
    FROM performance_schema.events_statements_summary_by_digest
   WHERE digest_text IS NOT NULL AND ${notTheServers('schema_name')} ORDER BY schema_name, digest_text`;
