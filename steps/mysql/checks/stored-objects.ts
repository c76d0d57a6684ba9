import {errnoOf} from '../dialect/dialect.ts';
import type {Row} from '../session/contract.ts';
import {columnValue, type Facts} from './facts.ts';

const objectText = (row: Row): string =>
  `${columnValue(row, 'what')} ${columnValue(row, 's')}.${columnValue(row, 'name')}`;

/** Modes of the server's routines, triggers and events, each with those that were made under it. */
export async function modesInUse(server: Facts): Promise<ReadonlyMap<string, readonly string[]>> {
  const owners = new Map<string, string[]>();
  for (const row of (await server.objects()).defined) {
    for (const mode of columnValue(row, 'sql_mode').split(',').filter(Boolean)) {
      owners.set(mode, [...(owners.get(mode) ?? []), objectText(row)]);
    }
  }
  return owners;
}

/** Those of the modes that a server refuses (errno 1231). */
export async function unknownModes(
  server: Facts,
  modes: readonly string[],
): Promise<readonly string[]> {
  if (modes.length === 0) {
    return [];
  }
  const wrongValue = 1231;
  return server.server.withSessions(
    1,
    async ([ask]) => {
      const unknown: string[] = [];
      for (const mode of modes) {
        const errno = await ask?.({sql: 'SET SESSION sql_mode = ?', values: [mode]}).then(
          () => null,
          errnoOf,
        );
        unknown.push(...(errno === wrongValue ? [mode] : []));
      }
      return unknown;
    },
    server.signal,
  );
}

/** Columns that the triggers of a server name and their tables do not have: "trigger shop.t (NEW.gone)". */
export async function missingTriggerColumns(server: Facts): Promise<readonly string[]> {
  const [{defined}, {columns}] = await Promise.all([server.objects(), server.tables()]);
  const triggers = defined.filter((row) => columnValue(row, 'what') === 'trigger');
  if (triggers.length === 0) {
    return [];
  }
  const present = new Set(columns.map((row) => columnKey(row, columnValue(row, 'c'))));
  return triggers.flatMap((row) => {
    const names = [...withoutText(columnValue(row, 'body')).matchAll(triggerColumn)]
      .map(([, when = '', quotedName, name]) => ({
        when: when.toUpperCase(),
        column: quotedName?.replaceAll('``', '`') ?? name ?? '',
      }))
      .filter(({column}) => !present.has(columnKey(row, column)))
      .map(({when, column}) => `${when}.${column}`);
    return names.length === 0 ? [] : [`${objectText(row)} (${[...new Set(names)].join(', ')})`];
  });
}

const columnKey = (row: Row, column: string): string =>
  `${columnValue(row, 's')}\0${columnValue(row, 't')}\0${column.toLowerCase()}`;

const triggerColumn = /(?<![\w$`.])(NEW|OLD)\s*\.\s*(?:`((?:[^`]|``)+)`|([\w$\u0080-\uffff]+))/gi;

const withoutText = (body: string): string =>
  body
    .replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/gs, "''")
    .replaceAll(/\/\*.*?\*\//gs, ' ')
    .replaceAll(/(?:--\s|#).*$/gm, ' ');
