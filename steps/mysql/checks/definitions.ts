import {SwitcharooError} from '../../../src/index.ts';
import {quoted} from '../compare/row-text.ts';
import {removedModes} from '../copy/removed-mode.ts';
import {errnoOf} from '../dialect/dialect.ts';
import type {Ask, Row} from '../session/contract.ts';
import {columnValue, type Facts} from './facts.ts';

/** The statement that creates an object, as its server shows it. */
interface Definition {
  /** "procedure shop.close_day". */
  readonly owner: string;
  readonly schema: string;
  readonly sqlMode: string;
  /** `null`: the account does not see it. */
  readonly text: string | null;
}

/** A definition that the other server refuses, and with which error. */
interface Refusal {
  readonly owner: string;
  /** `null`: it could not be asked, as the account does not see the definition. */
  readonly errno: number | null;
  /** Words of it that newer servers reserve. */
  readonly words: readonly string[];
}

/** Everything with a statement of its own, as `SHOW CREATE` names it. */
interface Shown {
  /** `PROCEDURE`, `TABLE`. */
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * The definitions that the source accepts and the target does not, by the words of each server itself: PREPARE reads a
 * statement to its end and executes nothing, in a session that can change nothing.
 */
export async function refusedDefinitions(
  {source, target}: {readonly source: Facts; readonly target: Facts},
  objects: readonly Shown[],
): Promise<readonly Refusal[]> {
  if (objects.length === 0) {
    return [];
  }
  const refusals: Refusal[] = [];
  let read = 0;
  const work = async (ofSource: Ask, ofTarget: Ask, from: number) => {
    for (let at = from; at < objects.length; at += sessionsAtOnce) {
      const object = objects[at];
      refusals.push(...(object ? await refusalIn(object, ofSource, ofTarget) : []));
      read += 1;
      target.progress(`${target.name} has read ${read} of ${objects.length} definitions`);
    }
  };
  await withBoth(source, target, Math.min(sessionsAtOnce, objects.length), work);
  return refusals.toSorted((first, second) => (first.owner < second.owner ? -1 : 1));
}

async function refusalIn(object: Shown, ofSource: Ask, ofTarget: Ask): Promise<readonly Refusal[]> {
  const definition = await definitionOf(ofSource, object);
  const {owner, schema, text} = definition ?? {owner: '', schema: '', text: null};
  if (!definition || text === null) {
    return definition ? [{owner, errno: null, words: []}] : [];
  }
  const errno = await refusalOf(ofTarget, {...definition, text}, foreign);
  // A statement that even its own server does not accept as text tells nothing of the other one.
  return errno === null || (await refusalOf(ofSource, {...definition, text}, schema)) !== null
    ? []
    : [{owner, errno, words: newlyReserved(text)}];
}

const sessionsAtOnce = 4;
// Unqualified names need a schema, and this one is on every server: tables of information_schema are sought at once.
const foreign = 'mysql';

const withBoth = (
  source: Facts,
  target: Facts,
  sessions: number,
  work: (ofSource: Ask, ofTarget: Ask, from: number) => Promise<void>,
): Promise<unknown> =>
  source.server.withSessions(
    sessions,
    (here) =>
      target.server.withSessions(
        sessions,
        (there) =>
          Promise.all(
            here.map(async (ask, index) => {
              const other = there[index];
              await (other ? work(ask, other, index) : undefined);
            }),
          ),
        target.signal,
      ),
    source.signal,
  );

/** `null` where it is gone meanwhile, or its server cannot show it. */
async function definitionOf(ask: Ask, {kind, schema, name}: Shown): Promise<Definition | null> {
  const [row] = await ask({
    sql: `SHOW CREATE ${kind} ${quoted(schema)}.${quoted(name)}`,
  }).catch(nothingIfRefused);
  const column = kind === 'TRIGGER' ? /^SQL Original Statement$/i : /^Create /i;
  const text = Object.entries(row ?? {}).find(([title]) => column.test(title))?.[1];
  return row
    ? {
        owner: `${kind.toLowerCase()} ${schema}.${name}`,
        ...{schema, sqlMode: String(row['sql_mode'] ?? '')},
        text: typeof text === 'string' ? text : null,
      }
    : null;
}

/** The error with which a server refuses the statement itself; `null` where it accepts it, or lacks what it names. */
async function refusalOf(
  ask: Ask,
  {text, sqlMode}: {readonly text: string; readonly sqlMode: string},
  schema: string,
): Promise<number | null> {
  // Where these fail nothing is known of the definition.
  await ask({sql: `USE ${quoted(schema)}`});
  await setMode(ask, sqlMode);
  await ask({
    sql: 'SET @switcharoo_definition = CONVERT(? USING utf8mb4)',
    values: [Buffer.from(text)],
  });
  try {
    await ask({sql: 'PREPARE switcharoo_definition FROM @switcharoo_definition'});
    return null;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null || errno <= 0) {
      throw cause;
    }
    return refusals.includes(errno) ? errno : null;
  }
}

/** Modes that a server does not know have a check of their own. */
async function setMode(ask: Ask, sqlMode: string): Promise<void> {
  const known = sqlMode
    .split(',')
    .filter((mode) => !removedModes.some((removed) => removed === mode));
  const set = (modes: readonly string[]) =>
    ask({sql: 'SET SESSION sql_mode = ?', values: [modes.join()]});
  await set(sqlMode.split(','))
    .catch(() => set(known))
    .catch(() => set([]));
}

/**
 * ER_PARSE_ERROR, ER_SYNTAX_ERROR, ER_UNKNOWN_SYSTEM_VARIABLE, ER_UNKNOWN_CHARACTER_SET, ER_UNKNOWN_COLLATION,
 * ER_NOT_SUPPORTED_YET, ER_WRONG_USAGE. Not ER_UNSUPPORTED_PS, which comes after a statement was read.
 */
const refusals: readonly number[] = [1064, 1149, 1193, 1115, 1273, 1235, 1221];

function nothingIfRefused(cause: unknown): readonly Row[] {
  if (!(cause instanceof SwitcharooError) || errnoOf(cause) === null) {
    throw cause;
  }
  return [];
}

/** Words that MySQL reserves since 5.7 or later (MySQL manual, "Keywords and Reserved Words"). */
const newWords: ReadonlySet<string> = new Set(
  `CUBE CUME_DIST DENSE_RANK EXCEPT FIRST_VALUE GROUPING GROUPS INTERSECT JSON_TABLE LAG LAST_VALUE LATERAL LEAD LIBRARY
   MANUAL NTH_VALUE NTILE OPTIMIZER_COSTS OVER PARALLEL PERCENT_RANK QUALIFY RANK RECURSIVE ROW_NUMBER TABLESAMPLE
   WINDOW`.split(/\s+/),
);

const newlyReserved = (text: string): readonly string[] => {
  const plain = text.replaceAll(/'(?:[^'\\]|\\.)*'|`[^`]*`|\/\*.*?\*\//gs, ' ');
  const words = new Set((plain.match(/[A-Za-z_]+/g) ?? []).map((word) => word.toUpperCase()));
  return [...words].filter((word) => newWords.has(word));
};

/** "procedure shop.close_day (errno 1064; RANK is a reserved word there)". */
export function refusalText({owner, errno, words}: Refusal): string {
  if (errno === null) {
    return `${owner} (switcharoo's account cannot see it)`;
  }
  const reserved = words.join(', ');
  const are = words.length === 1 ? 'is a reserved word' : 'are reserved words';
  return `${owner} (errno ${errno}${errno === 1064 && words.length > 0 ? `; ${reserved} ${are} of newer servers` : ''})`;
}

/** Views of the server that it cannot open: what they refer to is gone. */
export async function brokenViews(server: Facts): Promise<readonly string[]> {
  const views = (await server.objects()).defined.filter(
    (row) => columnValue(row, 'what') === 'view',
  );
  if (views.length === 0) {
    return [];
  }
  const broken: string[] = [];
  const open = async (ask: Ask, from: number) => {
    for (let at = from; at < views.length; at += sessionsAtOnce) {
      const view = views[at] ?? {};
      const name = `${quoted(columnValue(view, 's'))}.${quoted(columnValue(view, 'name'))}`;
      const errno = await errnoOfOpening(ask, name);
      if (errno !== null && brokenErrnos.includes(errno)) {
        broken.push(`${columnValue(view, 's')}.${columnValue(view, 'name')} (errno ${errno})`);
      }
    }
  };
  await server.server.withSessions(
    Math.min(sessionsAtOnce, views.length),
    (sessions) => Promise.all(sessions.map(open)),
    server.signal,
  );
  return broken.toSorted();
}

/** ER_VIEW_INVALID, ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR, ER_BAD_DB_ERROR, ER_SP_DOES_NOT_EXIST. */
const brokenErrnos: readonly number[] = [1356, 1146, 1054, 1049, 1305];

async function errnoOfOpening(ask: Ask, view: string): Promise<number | null> {
  try {
    // It is opened, and nothing is read.
    const text = Buffer.from(`SELECT * FROM ${view}`);
    await ask({sql: 'SET @switcharoo_view = CONVERT(? USING utf8mb4)', values: [text]});
    await ask({sql: 'PREPARE switcharoo_view FROM @switcharoo_view'});
    return null;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null || errno <= 0) {
      throw cause;
    }
    return errno;
  }
}
