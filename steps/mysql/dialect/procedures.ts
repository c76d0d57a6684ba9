import {isAtLeast} from './dialect.ts';

/** How many arguments each procedure takes, by name. */
export type Procedures = ReadonlyMap<string, number>;

/** Where a procedure exists: from a version on, and before another one. Nothing: in no version of that engine. */
interface Span {
  readonly since?: readonly number[];
  readonly before?: readonly number[];
}

interface Procedure {
  readonly name: string;
  /** Under one name the two engines may take another number of arguments. */
  readonly aurora?: Span & {readonly arguments: number};
  readonly rds?: Span & {readonly arguments: number};
}

const always = {} as const;
const both = (
  name: string,
  count: number,
  aurora: Span = always,
  rds: Span = always,
): Procedure => ({
  name,
  aurora: {...aurora, arguments: count},
  rds: {...rds, arguments: count},
});

// Aurora has the terms of MySQL 8.0 from version 3 on, RDS for MySQL from 8.4 on.
const olderTerms = [{before: [3]}, {before: [8, 4]}] as const;
const newerTerms = [{since: [3]}, {since: [8, 4]}] as const;

/** Amazon Aurora user guide and Amazon RDS user guide, "stored procedures", editions of 2023 and 2026. */
const procedures: readonly Procedure[] = [
  both('rds_set_external_master', 7, ...olderTerms),
  both('rds_set_external_source', 7, ...newerTerms),
  both('rds_reset_external_master', 0, ...olderTerms),
  both('rds_reset_external_source', 0, ...newerTerms),
  both('rds_next_master_log', 1, ...olderTerms),
  both('rds_next_source_log', 1, ...newerTerms),
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

/**
 * The procedures of a version. Only Aurora has `aurora_version`, and only RDS runs from `/rdsdbbin`; other servers
 * have none.
 */
export function proceduresByVersion({
  aurora_version: aurora,
  version = '',
  basedir = '',
}: Readonly<Record<string, string>>): Procedures {
  const engine = aurora !== undefined ? 'aurora' : basedir.includes('/rdsdbbin') ? 'rds' : null;
  const engineVersion = aurora ?? version;
  return new Map(
    procedures.flatMap((procedure) => {
      const span = engine === null ? undefined : procedure[engine];
      return span && isWithin(engineVersion, span)
        ? [[procedure.name, span.arguments] as const]
        : [];
    }),
  );
}

const isWithin = (version: string, {since = [], before}: Span): boolean =>
  isAtLeast(version, since) && !(before && isAtLeast(version, before));

/**
 * The server's own answer. Where its account sees no parameters, their number is that of the version; a procedure
 * that is not visible cannot be called by this account.
 */
export function callableProcedures(
  visible: Procedures,
  settings: Readonly<Record<string, string>>,
): Procedures {
  if ([...visible.values()].some((count) => count > 0)) {
    return visible;
  }
  const byVersion = proceduresByVersion(settings);
  return new Map([...visible].map(([name, count]) => [name, byVersion.get(name) ?? count]));
}
