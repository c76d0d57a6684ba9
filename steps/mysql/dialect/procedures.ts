import {isAtLeast} from './dialect.ts';

/** How many arguments each procedure takes, by name. */
export type Procedures = ReadonlyMap<string, number>;

/** Where a procedure exists: from a version on, and before another one. Nothing: in no version of that engine. */
interface Span {
  readonly since?: readonly number[];
  readonly before?: readonly number[];
}

interface Known {
  readonly name: string;
  /** Under one name the two engines may take another number of arguments. */
  readonly aurora?: Span & {readonly arguments: number};
  readonly rds?: Span & {readonly arguments: number};
}

const always = {} as const;
const both = (name: string, count: number, aurora: Span = always, rds: Span = always): Known => ({
  name,
  aurora: {...aurora, arguments: count},
  rds: {...rds, arguments: count},
});

// Aurora has the words of MySQL 8.0 from version 3 on, RDS for MySQL from 8.4 on.
const olderWords = [{before: [3]}, {before: [8, 4]}] as const;
const newerWords = [{since: [3]}, {since: [8, 4]}] as const;

/** Amazon Aurora user guide and Amazon RDS user guide, "stored procedures", editions of 2023 and 2026. */
const known: readonly Known[] = [
  both('rds_set_external_master', 7, ...olderWords),
  both('rds_set_external_source', 7, ...newerWords),
  both('rds_reset_external_master', 0, ...olderWords),
  both('rds_reset_external_source', 0, ...newerWords),
  both('rds_next_master_log', 1, ...olderWords),
  both('rds_next_source_log', 1, ...newerWords),
  {
    name: 'rds_set_external_master_with_auto_position',
    aurora: {since: [2], before: [3], arguments: 5},
    rds: {before: [8, 4], arguments: 6},
  },
  {
    name: 'rds_set_external_source_with_auto_position',
    aurora: {since: [3], arguments: 5},
    rds: {since: [8, 4], arguments: 6},
  },
  {name: 'rds_set_external_master_with_delay', rds: {before: [8, 4], arguments: 8}},
  both('rds_set_external_source_with_delay', 8, {since: [8, 4, 8]}, {since: [8, 4]}),
  both('rds_start_replication', 0),
  both('rds_stop_replication', 0),
  both('rds_start_replication_until', 2, {since: [3, 4]}),
  both('rds_skip_repl_error', 0),
  both('rds_set_configuration', 2),
  both('rds_show_configuration', 0),
  both('rds_kill', 1),
  both('rds_kill_query', 1),
  {name: 'rds_set_read_only', aurora: {since: [3, 6], arguments: 1}},
  {name: 'rds_set_binlog_source_ssl', aurora: {since: [3, 6], arguments: 1}},
  {name: 'rds_gtid_purged', aurora: {since: [3, 4], arguments: 1}},
];

/** What its version promises. Only Aurora has `aurora_version`, and only RDS runs from `/rdsdbbin`; elsewhere there is none. */
export function proceduresByVersion({
  aurora_version: aurora,
  version = '',
  basedir = '',
}: Readonly<Record<string, string>>): Procedures {
  const engine = aurora !== undefined ? 'aurora' : basedir.includes('/rdsdbbin') ? 'rds' : null;
  const its = aurora ?? version;
  return new Map(
    known.flatMap((one) => {
      const span = engine === null ? undefined : one[engine];
      return span && isWithin(its, span) ? [[one.name, span.arguments] as const] : [];
    }),
  );
}

const isWithin = (version: string, {since = [], before}: Span): boolean =>
  isAtLeast(version, since) && !(before && isAtLeast(version, before));

/**
 * The server's own answer. Where its account may see no parameters, their number is what its version promises; a procedure
 * that is not seen at all cannot be called by this account, whatever the version promises.
 */
export function callableProcedures(
  told: Procedures,
  settings: Readonly<Record<string, string>>,
): Procedures {
  if ([...told.values()].some((count) => count > 0)) {
    return told;
  }
  const promised = proceduresByVersion(settings);
  return new Map([...told].map(([name, count]) => [name, promised.get(name) ?? count]));
}
