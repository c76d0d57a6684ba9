import {ChangedLines} from './changed-lines.ts';

/**
 * Modes that MySQL 8.0 refuses (errno 1231), and that have no effect inside a routine, a trigger or an event: MySQL 5.7
 * has the first one by default, the next three change the output of SHOW CREATE, and the others are names for several
 * modes, which a server lists beside them. MariaDB's ORACLE has an effect: it is another language.
 */
export const removedModes = [
  'NO_AUTO_CREATE_USER',
  ...['NO_FIELD_OPTIONS', 'NO_KEY_OPTIONS', 'NO_TABLE_OPTIONS'],
  ...['MYSQL323', 'MYSQL40', 'DB2', 'MAXDB', 'MSSQL', 'ORACLE', 'POSTGRESQL'],
] as const;

// Every client writes this line for each object.
/** Removes modes from the sql_mode of routines, triggers and events in a dump. */
export const withoutModes = (modes: readonly string[]): ChangedLines =>
  new ChangedLines('/*!50003 SET sql_mode ', (line) =>
    line.replace(/'([\w,]*)'/, (_, set: string) => {
      const kept = set.split(',').filter((mode) => !modes.includes(mode));
      return `'${kept.join()}'`;
    }),
  );

/** Disables every event of a dump. */
export const withoutEvents = (): ChangedLines =>
  new ChangedLines('/*!50106 CREATE*/', (line) =>
    line.replace(/(ON COMPLETION (?:NOT )?PRESERVE) ENABLE\b/, '$1 DISABLE'),
  );
