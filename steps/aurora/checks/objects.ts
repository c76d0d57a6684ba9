import {listed} from '../../../src/index.ts';
import {
  columnNameOf,
  columnValue,
  definedObjectText,
  isOn,
  plural,
  tableNameOf,
  withoutDefiner,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

const inTheGroup = 'in the cluster parameter group';

/** Tables, columns, views, routines and triggers of the source that Aurora could refuse. */
export const objectChecks: readonly AuroraCheck[] = [
  {
    name: 'reserved-words-used',
    severity: 'warns',
    looksAt: 'both',
    expects: 'No table or column of the source is named like a reserved word of Aurora.',
    consequence: 'Statements that do not quote the name are refused (errno 1064).',
    fix: 'Quote the name in the application (`rank`), or rename it before the seed.',
    find: async ({aurora, source}) => {
      const {isMariaDb, series} = await aurora.version();
      // MySQL has the list since 8.0.13; MariaDB's does not say which words are reserved.
      const [rows, {columns}] = await Promise.all([
        isMariaDb || series < 800 ? [] : aurora.rows(reservedSql),
        source.tables(),
      ]);
      const reserved = new Set(rows.map((row) => columnValue(row, 'word').toLowerCase()));
      const tables = new Map(columns.map((row) => [tableNameOf(row), columnValue(row, 't')]));
      const names = [
        ...[...tables].map(([name, table]) => ({name, word: table})),
        ...columns.map((row) => ({name: columnNameOf(row), word: columnValue(row, 'c')})),
      ].filter(({word}) => reserved.has(word.toLowerCase()));
      return listed(
        (count) =>
          `${count} ${plural(count, 'name')} of ${source.name} ${plural(count, 'is', 'are')} reserved words of ${aurora.name}`,
        names.map(({name}) => name).sort(),
      );
    },
  },
  {
    name: 'function-creators-not-trusted',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Triggers and functions can be created on Aurora although it writes a binary log.',
    consequence:
      'CREATE TRIGGER and CREATE FUNCTION are refused (errno 1419), in the load and in replication.',
    fix: `Set log_bin_trust_function_creators = 1 ${inTheGroup}.`,
    find: async ({aurora, source}) => {
      const [objects, settings] = await Promise.all([source.objects(), aurora.settings()]);
      const defined = objects.defined.filter((row) =>
        ['trigger', 'function'].includes(columnValue(row, 'what')),
      );
      return isOn(settings['log_bin']) && settings['log_bin_trust_function_creators'] === 'OFF'
        ? listed(
            (count) =>
              `${aurora.name} has log_bin_trust_function_creators = OFF, and ${source.name} has ${count} ${plural(count, 'trigger or function', 'triggers and functions')}`,
            defined.map(definedObjectText),
          )
        : [];
    },
  },
  {
    name: 'definer-missing-on-aurora',
    severity: 'blocks',
    looksAt: 'both',
    expects: "Every definer of the source's objects exists on Aurora.",
    consequence: 'Such a view, routine or trigger fails there with errno 1449.',
    fix: 'Create the account on Aurora (it need not be able to log in), or change the definer of the object.',
    find: async ({aurora, source}) => {
      const orphans = await withoutDefiner(source, aurora);
      return listed(
        (count) =>
          `${count} ${plural(count, 'object')} of ${source.name} with a definer that ${aurora.name} does not have`,
        orphans.map(definedObjectText),
      );
    },
  },
];

const reservedSql = 'SELECT word AS word FROM information_schema.keywords WHERE reserved = 1';
