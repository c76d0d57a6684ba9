import {listed} from '../../../src/index.ts';
import {accountText} from '../accounts/accounts.ts';
import {definersPastReadOnly} from '../accounts/read-only-bypass.ts';
import type {Row} from '../session/contract.ts';
import {accountNameOf, accountsSql} from './accounts.ts';
import type {MysqlCheck} from './check.ts';
import {brokenViews} from './definitions.ts';
import {columnValue, type Facts} from './facts.ts';
import {missingTriggerColumns} from './stored-objects.ts';
import {plural} from './tables.ts';

/** Views, routines, triggers, events and functions. */
export const objectChecks: readonly MysqlCheck[] = [
  {
    name: 'definer-missing',
    severity: 'blocks',
    of: 'source',
    expects: 'The definer of every view, routine, trigger and event exists.',
    consequence: 'Using such an object fails with errno 1449, and a load may stop at it.',
    fix: 'Create the account, or create the object again with a definer that exists.',
    find: async (server) => {
      const orphans = await withoutDefiner(server, server);
      return listed(
        (count) =>
          `${count} ${plural(count, 'object')} of ${server.name} ${count === 1 ? 'has a definer that does' : 'have definers that do'} not exist`,
        orphans.map(definedObjectText),
      );
    },
  },
  {
    name: 'view-broken',
    severity: 'blocks',
    of: 'source',
    expects: 'Everything that a view refers to exists.',
    consequence: 'A dump stops at such a view (errno 1356), and no other server can create it.',
    fix: 'DROP VIEW, or create the view again without the missing objects.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'view')} of ${server.name} ${plural(count, 'refers', 'refer')} to something that does not exist`,
        await brokenViews(server),
      ),
  },
  {
    name: 'trigger-column-missing',
    severity: 'blocks',
    of: 'source',
    expects: 'Every column that a trigger names exists.',
    consequence:
      'Each write that fires the trigger fails, and a load stops at the trigger (errno 1054).',
    fix: 'DROP TRIGGER, or create the trigger again without the column.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'trigger')} of ${server.name} ${plural(count, 'names', 'name')} a column that does not exist`,
        await missingTriggerColumns(server),
      ),
  },
  {
    name: 'events-enabled',
    severity: 'warns',
    of: 'source',
    expects: 'No event is enabled.',
    consequence:
      'A replicated event stays disabled on Aurora (SLAVESIDE_DISABLED). An event of a dump runs there at once, in addition to the source.',
    fix: 'For each event that must run on Aurora: ALTER EVENT … DISABLE there before the cutover, and ENABLE after it.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'event')} of ${server.name} ${plural(count, 'is', 'are')} enabled`,
        (await server.objects()).events
          .filter((row) => columnValue(row, 'status') === 'ENABLED')
          .map(
            (row) =>
              `${columnValue(row, 's')}.${columnValue(row, 'name')} (${columnValue(row, 'definer')})`,
          ),
      ),
  },
  {
    name: 'loadable-functions',
    severity: 'warns',
    of: 'source',
    expects: 'No function comes from a shared library.',
    consequence: 'Aurora loads no libraries, so calls of the function fail with errno 1305.',
    fix: 'Remove the calls, or write the functions as stored functions.',
    find: async (server) =>
      listed(
        (count) =>
          `${count} ${plural(count, 'function')} of ${server.name} ${plural(count, 'comes', 'come')} from a shared library`,
        (await server.rows('SELECT name AS name, dl AS dl FROM mysql.func ORDER BY name')).map(
          (row) => `${columnValue(row, 'name')} (${columnValue(row, 'dl')})`,
        ),
      ),
  },
  {
    name: 'procedures-bypass-read-only',
    severity: 'asks',
    of: 'source',
    expects: 'No procedure runs as an account that read_only does not bind (SQL SECURITY DEFINER).',
    consequence:
      'Will nobody call these procedures during the cutover? read_only refuses nothing that they write.',
    fix: 'ALTER PROCEDURE … SQL SECURITY INVOKER, or create it again with a definer that read_only binds.',
    find: async (server) =>
      listed(
        (count) =>
          `${server.name} has ${count} ${plural(count, 'procedure')} that ${plural(count, 'bypasses', 'bypass')} read_only`,
        // super_read_only binds every definer.
        (await server.settings())['super_read_only'] === undefined
          ? await proceduresPastReadOnly([server], server)
          : [],
      ),
  },
];

/** The objects of a server whose definer does not exist on `owner`. */
export async function withoutDefiner(server: Facts, owner: Facts): Promise<readonly Row[]> {
  const [rows, {defined}] = await Promise.all([owner.rows(accountsSql), server.objects()]);
  const accounts = new Set(rows.map(accountNameOf));
  return defined.filter((row) => {
    const definer = columnValue(row, 'definer');
    return definer !== '' && !accounts.has(definer);
  });
}

/**
 * The procedures on these servers that write past read_only of `binding` for every caller; functions and views do not.
 * Its accounts are asked for only where there is a procedure that could.
 */
export async function proceduresPastReadOnly(
  servers: readonly Facts[],
  binding: Facts,
): Promise<readonly string[]> {
  const objects = await Promise.all(servers.map((server) => server.objects()));
  const procedures = objects
    .flatMap(({defined}) => defined)
    .filter(
      (row) =>
        columnValue(row, 'what') === 'procedure' && columnValue(row, 'security') === 'DEFINER',
    );
  if (procedures.length === 0) {
    return [];
  }
  const definers = await definersPastReadOnly(binding.server, binding.signal);
  const unbound = new Set(definers.map(accountText));
  return procedures
    .filter((row) => unbound.has(columnValue(row, 'definer')))
    .map(definedObjectText);
}

export const definedObjectText = (row: Row): string =>
  `${columnValue(row, 'what')} ${columnValue(row, 's')}.${columnValue(row, 'name')} (${columnValue(row, 'definer')})`;
