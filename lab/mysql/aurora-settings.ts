import mysql from 'mysql2';

/** The account of RDS itself on its servers. */
export const rdsAdmin = 'rdsadmin';

// Above 2160 Aurora takes 2160 (Aurora user guide, "mysql.rds_set_configuration").
export const setConfiguration = `
  IF NOT EXISTS (SELECT 1 FROM mysql.rds_configuration known WHERE known.name = name) THEN
    SET @unknown = CONCAT('Cannot set unknown configuration parameter ', QUOTE(name), ' using mysql.rds_set_configuration.');
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = @unknown;
  ELSEIF value < 1 THEN
    ${signal('For binlog retention hours the value must be between 1 and 2160 inclusive or be NULL')}
  END IF;
  UPDATE mysql.rds_configuration known SET known.value = LEAST(value, 2160) WHERE known.name = name;`;

export const kill = (what: 'CONNECTION' | 'QUERY') => `
  IF EXISTS (SELECT 1 FROM information_schema.processlist WHERE id = thread AND user IN ('root', '${rdsAdmin}', 'system user')) THEN
    ${signal('CANNOT KILL RDSADMIN SESSION')}
  END IF;
  KILL ${what} thread;`;

export function signal(message: string): string {
  return `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${mysql.escape(message)};`;
}
