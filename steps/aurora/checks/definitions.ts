import {listed, type Observation} from '../../../src/index.ts';
import {
  columnNameOf,
  columnValue,
  type Facts,
  isOn,
  modesInUse,
  plural,
  refusalText,
  refusedDefinitions,
  removedModes,
  tableNameOf,
  unknownModes,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

/** Definitions of the source that a newer server, or one of another brand, refuses. */
export const definitionChecks: readonly AuroraCheck[] = [
  {
    name: 'definitions-not-understood',
    severity: 'blocks',
    looksAt: 'both',
    expects:
      'Aurora accepts the definition of every view, routine, trigger and event of the source (it parses each and executes none).',
    consequence:
      'A load stops at that object, hours after its start. A replicated CREATE stops replication.',
    fix: 'Create the object again with syntax that both servers accept. Put a name that is now a reserved word in backticks.',
    find: async ({aurora, source}) => {
      const refusals = await refusedDefinitions(
        {source, target: aurora},
        (await source.objects()).defined.map((row) => ({
          kind: columnValue(row, 'what').toUpperCase(),
          schema: columnValue(row, 's'),
          name: columnValue(row, 'name'),
        })),
      );
      return listed(
        (count) =>
          `${aurora.name} does not accept ${count} ${plural(count, 'definition')} of ${source.name}`,
        refusals.map(refusalText),
      );
    },
  },
  {
    name: 'tables-not-understood',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora accepts the definition of every table of a source of another brand.',
    consequence:
      'A load stops at such a table. It may use periods, sequences, defaults without parentheses, or options and types of one brand.',
    fix: 'Before the seed, ALTER TABLE on the source to a definition that both servers accept.',
    find: async ({aurora, source}) => {
      const [ofAurora, ofSource] = await Promise.all([aurora.version(), source.version()]);
      if (ofAurora.isMariaDb || !ofSource.isMariaDb) {
        return [];
      }
      const refusals = await refusedDefinitions(
        {source, target: aurora},
        (await source.tables()).tables.map((row) => ({
          kind: 'TABLE',
          schema: columnValue(row, 's'),
          name: columnValue(row, 't'),
        })),
      );
      return listed(
        (count) =>
          `${aurora.name} does not accept the definition of ${count} ${plural(count, 'table')} of ${source.name}`,
        refusals.map(refusalText),
      );
    },
  },
  {
    name: 'sql-mode-unknown-to-aurora',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora has every sql_mode under which a routine, trigger or event was created.',
    consequence: 'A load stops at such an object (errno 1231).',
    fix: 'SET SESSION sql_mode to modes that both servers have, then create the object again: an object keeps the mode of its creation.',
    find: ({aurora, source}) => objectsOfModes(source, aurora, (mode) => !isLeftOut(mode)),
  },
  {
    name: 'sql-mode-removed',
    severity: 'warns',
    looksAt: 'both',
    expects:
      'No routine, trigger or event was created under an sql_mode that Aurora no longer has.',
    consequence:
      'aurora.seed leaves such a mode out. A dump that you load by hand stops at that object (errno 1231).',
    fix: 'SET SESSION sql_mode without that mode, then create the object again: an object keeps the mode of its creation.',
    find: ({aurora, source}) =>
      objectsOfModes(source, aurora, (mode) => isLeftOut(mode) && mode !== 'NO_AUTO_CREATE_USER'),
  },
  {
    name: 'enum-element-too-long',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Every element of an ENUM or SET has at most 255 characters.',
    consequence: 'MySQL 8.0 and later refuse the table (errno 3505).',
    fix: 'ALTER TABLE … MODIFY the column with shorter elements, or as VARCHAR.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      const {columns} = await source.tables();
      return listed(
        (count) =>
          `${count} ${plural(count, 'column')} of ${source.name} ${plural(count, 'has', 'have')} an element of more than ${mostCharacters} characters`,
        isMariaDb || series < 800
          ? []
          : columns
              .map((row) => ({row, longest: longestElement(row)}))
              .filter(({longest}) => longest > mostCharacters)
              .map(({row, longest}) => `${columnNameOf(row)} (${longest} characters)`),
      );
    },
  },
  {
    name: 'float-auto-increment',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Every AUTO_INCREMENT column is an integer.',
    consequence: 'MySQL 8.4 and later refuse FLOAT and DOUBLE with AUTO_INCREMENT (errno 1063).',
    fix: 'ALTER TABLE … MODIFY the column as BIGINT.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      const {columns} = await source.tables();
      return listed(
        (count) =>
          `${count} AUTO_INCREMENT ${plural(count, 'column')} of ${source.name} ${plural(count, 'is not an integer', 'are not integers')}`,
        isMariaDb || series < 804
          ? []
          : columns
              .filter(
                (row) =>
                  /auto_increment/i.test(columnValue(row, 'extra')) &&
                  /^(float|double|real)/i.test(columnValue(row, 'data_type')),
              )
              .map((row) => `${columnNameOf(row)} (${columnValue(row, 'data_type')})`),
      );
    },
  },
  {
    name: 'generated-values-dumped',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'No table of MariaDB has generated columns (VIRTUAL, STORED or PERSISTENT).',
    consequence:
      'mariadb-dump writes their values, which MySQL refuses (errno 3105): the load stops at the first row.',
    fix: 'ALTER TABLE … DROP COLUMN before the copy, and add the column on Aurora afterwards.',
    find: async ({aurora, source}) => {
      const [ofAurora, ofSource] = await Promise.all([aurora.version(), source.version()]);
      const {columns} = await source.tables();
      return listed(
        (count) =>
          `${source.name} has ${count} generated ${plural(count, 'column')}, whose values ${aurora.name} refuses`,
        ofAurora.isMariaDb || !ofSource.isMariaDb
          ? []
          : columns.filter((row) => columnValue(row, 'body') !== '').map(columnNameOf),
      );
    },
  },
  {
    name: 'invisible-primary-key-generated',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora adds no hidden column to a table without a primary key.',
    consequence:
      'A loaded table has an extra column, my_row_id. It never matches the source, and reverse replication stops (errno 1677, 1054).',
    fix: 'Set sql_generate_invisible_primary_key = OFF in the cluster parameter group, or give these tables a primary key, before the seed.',
    find: async ({aurora, source}) =>
      isOn((await aurora.settings())['sql_generate_invisible_primary_key'])
        ? keylessTables(
            source,
            (count) =>
              `${aurora.name} has sql_generate_invisible_primary_key = ON, and ${source.name} has ${count} ${plural(count, 'table')} without a primary key`,
          )
        : [],
  },
  {
    name: 'primary-key-required',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora accepts tables without a primary key if the source has some.',
    consequence: 'CREATE TABLE is refused (errno 3750), in the load and in replication.',
    fix: 'Set sql_require_primary_key = OFF in the cluster parameter group, or give these tables a primary key.',
    find: async ({aurora, source}) =>
      isOn((await aurora.settings())['sql_require_primary_key'])
        ? keylessTables(
            source,
            (count) =>
              `${aurora.name} has sql_require_primary_key = ON, and ${source.name} has ${count} ${plural(count, 'table')} without a primary key`,
          )
        : [],
  },
];

const isLeftOut = (mode: string): boolean => removedModes.some((removed) => removed === mode);

async function objectsOfModes(
  source: Facts,
  aurora: Facts,
  which: (mode: string) => boolean,
): Promise<readonly Observation[]> {
  const owners = await modesInUse(source);
  const unknown = await unknownModes(aurora, [...owners.keys()].filter(which));
  const modes = new Map<string, string[]>();
  for (const mode of unknown) {
    for (const owner of owners.get(mode) ?? []) {
      modes.set(owner, [...(modes.get(owner) ?? []), mode]);
    }
  }
  return listed(
    (count) =>
      `${count} ${plural(count, 'object')} of ${source.name} ${plural(count, 'was', 'were')} created under an sql_mode that ${aurora.name} does not have`,
    [...modes].map(([owner, names]) => `${owner} (${names.join(', ')})`).sort(),
  );
}

const mostCharacters = 255;

/** A quote within an element is doubled. */
function longestElement(row: Parameters<typeof columnNameOf>[0]): number {
  if (!/^(enum|set)$/i.test(columnValue(row, 'data_type'))) {
    return 0;
  }
  const elements = columnValue(row, 'column_type').match(/'(?:[^']|'')*'/g) ?? [];
  return Math.max(
    0,
    ...elements.map((element) => [...element.slice(1, -1).replaceAll("''", "'")].length),
  );
}

async function keylessTables(
  source: Facts,
  text: (count: number) => string,
): Promise<readonly Observation[]> {
  const [{tables}, {indexes}] = await Promise.all([source.tables(), source.keys()]);
  const keyed = new Set(
    indexes.filter((row) => columnValue(row, 'name') === 'PRIMARY').map(tableNameOf),
  );
  return listed(
    text,
    tables
      .filter((row) => columnValue(row, 'type') !== 'SEQUENCE')
      .map(tableNameOf)
      .filter((name) => !keyed.has(name)),
  );
}
