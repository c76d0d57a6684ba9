import mysql from 'mysql2';
import {kill, rdsAdmin, setConfiguration, signal} from './aurora-settings.ts';
import type {LabDatabase} from './server.ts';
import type {Brand} from './server-program.ts';
import {type Statements, statementsOf} from './statements.ts';

/**
 * Gives the stand-in Aurora's `mysql.rds_*` procedures: real ones that do the real thing, for callers without SUPER,
 * with
 * the names of version 3 (`…_source`) and of version 2 (`…_master`). Texts, states and the order of their checks
 * follow the
 * bodies that RDS for MySQL shows to `SHOW CREATE PROCEDURE`; those of Aurora itself are not public. A stand-in of
 * MySQL 9
 * has the names of version 3 alone, as Aurora has from that version on.
 */
export async function addAuroraProcedures(aurora: LabDatabase): Promise<void> {
  await aurora.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    // A routine keeps the sql_mode it was made with. A strict one ends with errno 1406 when it reads the process list,
    // whose column for a state is shorter than what the SQL thread says of itself.
    await connection.query("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'");
    await connection.query('USE mysql');
    for (const statement of [
      // RDS has one for itself; here the lab watches as it. Without a privilege, and from this machine only.
      `CREATE USER ${rdsAdmin}@localhost`,
      ...tables,
      ...helpersOf(aurora.brand),
      ...proceduresOf(aurora.brand),
    ]) {
      await connection.query(statement);
    }
  });
}

/**
 * How long the procedures that touch replication take, as a share of the real ones' sleeps (some 3 s a call, which is
 * most
 * of a real cutover's outage). The lab begins with 0.
 */
export async function imitateCallTimes(aurora: LabDatabase, share: number): Promise<void> {
  await aurora.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query('UPDATE mysql.lab_pace SET share = ?', [share]);
  });
}

// Columns as in RDS for MySQL 8.0. `lab_pace` is the lab's own.
const tables = [
  `CREATE TABLE rds_history (
    action_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    called_by_user VARCHAR(352) NOT NULL, action VARCHAR(40), mysql_version VARCHAR(50) NOT NULL,
    master_host VARCHAR(255), master_port INT, master_user VARCHAR(96), master_log_file VARCHAR(50),
    master_log_pos MEDIUMTEXT, master_ssl TINYINT(1), master_delay INT, auto_position TINYINT(1), master_gtid TEXT
  ) ENGINE=InnoDB`,
  `CREATE TABLE rds_replication_status (
    action_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    called_by_user VARCHAR(352) NOT NULL, action VARCHAR(20) NOT NULL, mysql_version VARCHAR(50) NOT NULL,
    master_host VARCHAR(255), master_port INT, replication_log_file TEXT, replication_stop_point BIGINT,
    replication_gtid TEXT, channel_name VARCHAR(64) DEFAULT ''
  ) ENGINE=InnoDB`,
  `INSERT INTO rds_replication_status (called_by_user, action, mysql_version)
    VALUES ('rdsadmin@localhost', 'reset slave', VERSION())`,
  `CREATE TABLE rds_configuration (
    name VARCHAR(100) NOT NULL PRIMARY KEY, value VARCHAR(100), description VARCHAR(300) NOT NULL
  ) ENGINE=InnoDB`,
  `INSERT INTO rds_configuration VALUES ('binlog retention hours', NULL,
    'binlog retention hours specifies the duration in hours before binary logs are automatically deleted.')`,
  'CREATE TABLE lab_pace (share DOUBLE NOT NULL) ENGINE=InnoDB',
  'INSERT INTO lab_pace VALUES (0)',
];

// MariaDB has no table that tells whether it is configured, so there the last call is believed.
const isConfigured: Readonly<Record<Brand, string>> = {
  'mysql-5.6': "SELECT 1 FROM mysql.slave_master_info WHERE Host <> ''",
  mysql: "SELECT 1 FROM mysql.slave_master_info WHERE Host <> ''",
  mariadb: 'SELECT 1 FROM mysql.rds_replication_status WHERE master_host IS NOT NULL',
};

const slaveRunning = `SELECT 1 FROM information_schema.global_status
  WHERE variable_name = 'SLAVE_RUNNING' AND variable_value = 'ON'`;

const isRunning: Readonly<Record<Brand, string>> = {
  'mysql-5.6': slaveRunning,
  mariadb: slaveRunning,
  mysql: `SELECT 1 FROM performance_schema.replication_connection_status c
    JOIN performance_schema.replication_applier_status a USING (channel_name)
    WHERE c.service_state = 'ON' AND a.service_state = 'ON'`,
};

const helpersOf = (brand: Brand) => [
  // ON when both threads run and the source answers, BROKEN when one does not.
  `CREATE DEFINER = root@localhost FUNCTION lab_replication_state() RETURNS VARCHAR(9) CHARSET ascii READS SQL DATA
    RETURN CASE
      WHEN NOT EXISTS (${isConfigured[brand]}) THEN 'NOT_EXIST'
      WHEN NOT EXISTS (SELECT 1 FROM information_schema.processlist WHERE user = 'system user') THEN 'OFF'
      WHEN EXISTS (${isRunning[brand]}) THEN 'ON'
      ELSE 'BROKEN'
    END`,
  `CREATE DEFINER = root@localhost PROCEDURE lab_sleep(IN seconds DOUBLE)
    DO SLEEP(seconds * (SELECT share FROM mysql.lab_pace))`,
  // The real procedures look once, 2 s after they started the threads; a lab on loopback is there in a few
  // milliseconds.
  `CREATE DEFINER = root@localhost PROCEDURE lab_until_started()
    BEGIN
      DECLARE looks INT DEFAULT 0;
      CALL mysql.lab_sleep(2);
      WHILE mysql.lab_replication_state() <> 'ON' AND looks < 100 DO
        SET looks = looks + 1;
        DO SLEEP(0.02);
      END WHILE;
    END`,
];

const sourceValues =
  'TRIM(host), port, TRIM(user), TRIM(log_file_name), pos, enable_ssl_encryption';

const changeSource: Readonly<Record<Statements['source'], string>> = {
  Master: `'CHANGE MASTER TO MASTER_HOST = ', QUOTE(TRIM(host)), ', MASTER_PORT = ', port,
    ', MASTER_USER = ', QUOTE(TRIM(user)), ', MASTER_PASSWORD = ', QUOTE(TRIM(passwd)),
    ', MASTER_LOG_FILE = ', QUOTE(TRIM(log_file_name)), ', MASTER_LOG_POS = ', pos,
    ', MASTER_SSL = ', enable_ssl_encryption, ', MASTER_CONNECT_RETRY = 1'`,
  // An account of caching_sha2_password needs the source's public key, where TLS does not stand for it.
  Source: `'CHANGE REPLICATION SOURCE TO SOURCE_HOST = ', QUOTE(TRIM(host)), ', SOURCE_PORT = ', port,
    ', SOURCE_USER = ', QUOTE(TRIM(user)), ', SOURCE_PASSWORD = ', QUOTE(TRIM(passwd)),
    ', SOURCE_LOG_FILE = ', QUOTE(TRIM(log_file_name)), ', SOURCE_LOG_POS = ', pos,
    ', SOURCE_SSL = ', enable_ssl_encryption, ', SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1'`,
};

const setExternal = (words: Statements) => `
  ${history('Starting: set master', sourceValues)}
  IF replication IN ('ON', 'BROKEN') THEN
    ${signal("You can't modify replication because replication is running. First call mysql.rds_stop_replication.")}
  END IF;
  ${status('set master', 'TRIM(host)', 'port')}
  SET @change = CONCAT(${changeSource[words.source]});
  PREPARE change_source FROM @change;
  SET @change = NULL;
  EXECUTE change_source;
  DEALLOCATE PREPARE change_source;
  ${history('set master', sourceValues)}`;

const setSsl = ({source}: Statements) => `
  IF replication IN ('ON', 'BROKEN') THEN
    ${signal("You can't modify replication because replication is running. First call mysql.rds_stop_replication.")}
  END IF;
  SET @change = CONCAT('CHANGE ${source === 'Master' ? 'MASTER' : 'REPLICATION SOURCE'} TO ${source.toUpperCase()}_SSL = ', ssl_mode);
  PREPARE change_source FROM @change;
  EXECUTE change_source;
  DEALLOCATE PREPARE change_source;`;

const resetExternal = ({stop: stopping, forget}: Statements) => `
  ${history('Starting: reset slave')}
  IF replication = 'NOT_EXIST' THEN
    ${signal("You can't reset replication because replication isn't configured. First run mysql.rds_set_external_master.")}
  ELSEIF replication IN ('ON', 'BROKEN') THEN
    ${stopping};
    CALL mysql.lab_sleep(2);
  END IF;
  ${forget};
  ${history('reset slave')}
  ${status('reset slave', 'NULL', 'NULL')}
  SELECT 'Slave has been reset' AS message;`;

const start = ({start: starting}: Statements) => `
  ${history('Starting: start slave')}
  IF replication = 'ON' THEN
    ${signal('Replication may already be running. Call rds_stop_replication to stop replication')}
  ELSEIF replication = 'NOT_EXIST' THEN
    ${signal("You can't start replication because the replica isn't configured. First call mysql.rds_set_external_master.")}
  ELSEIF replication = 'BROKEN' THEN
    ${signal('Replication might be running. First call mysql.rds_stop_replication.')}
  END IF;
  ${status('start slave')}
  CALL mysql.lab_sleep(1);
  ${starting};
  CALL mysql.lab_until_started();
  IF mysql.lab_replication_state() <> 'ON' THEN
    ${signal('Slave has encountered an error. Run SHOW SLAVE STATUS\\G; to see the error.')}
  END IF;
  ${history('start slave')}
  SELECT 'Replication started. Slave is now running normally.' AS Message;`;

const stop = ({stop: stopping}: Statements) => `
  ${history('Starting: stop slave')}
  IF replication = 'OFF' THEN
    ${signal('Slave is already stopped or may not be configured. Run SHOW SLAVE STATUS\\G;')}
  ELSEIF replication = 'NOT_EXIST' THEN
    ${signal("You can't stop replication because the replica isn't configured. First call mysql.rds_set_external_master.")}
  END IF;
  ${status('stop slave')}
  CALL mysql.lab_sleep(1);
  ${stopping};
  CALL mysql.lab_sleep(2);
  IF mysql.lab_replication_state() <> 'OFF' THEN
    ${signal('Slave has encountered an error. Run SHOW SLAVE STATUS\\G; to see the error.')}
  END IF;
  ${history('stop slave')}
  SELECT 'Slave is now down or disabled' AS Message;`;

// With nothing to skip, a counter that stays set would skip the next good event.
const skipError = ({stop: stopping, start: starting, replica}: Statements) => `
  IF replication = 'NOT_EXIST' THEN
    ${signal("You can't skip a replication error because the replica isn't configured. First call mysql.rds_set_external_master.")}
  ELSEIF replication = 'ON' THEN
    ${signal('Slave is running normally.  No errors detected to skip.')}
  ELSEIF replication = 'OFF' THEN
    ${signal('Slave is down or disabled.')}
  ELSEIF EXISTS (SELECT 1 FROM information_schema.processlist WHERE user = 'system user' AND state LIKE '%relay log%') THEN
    SELECT 'The replica SQL thread is running for the specified channel without encountering errors. Run SHOW REPLICA STATUS FOR CHANNEL \\'\\';' AS Message;
  ELSE
    ${stopping};
    SET GLOBAL sql_${replica.toLowerCase()}_skip_counter = 1;
    CALL mysql.lab_sleep(2);
    ${starting};
    CALL mysql.lab_until_started();
    SELECT 'Statement in error has been skipped' AS Message;
    IF mysql.lab_replication_state() <> 'ON' THEN
      ${history('skip_repl_error:ERR')}
      ${signal('Slave has encountered a new error. Please use SHOW SLAVE STATUS to see the error.')}
    END IF;
    ${history('skip_repl_error:OK')}
    SELECT 'Slave is now running normally' AS Message;
  END IF;`;

const sevenParameters = `IN host VARCHAR(255), IN port INT, IN user TEXT, IN passwd TEXT, IN log_file_name TEXT,
  IN pos BIGINT UNSIGNED, IN enable_ssl_encryption TINYINT(1)`;

function proceduresOf(brand: Brand): readonly string[] {
  const words = statementsOf(brand);
  return [
    replicationProcedure('rds_set_external_source', sevenParameters, setExternal(words)),
    replicationProcedure('rds_reset_external_source', '', resetExternal(words)),
    ...(brand === 'mysql'
      ? []
      : [
          replicationProcedure('rds_set_external_master', sevenParameters, setExternal(words)),
          replicationProcedure('rds_reset_external_master', '', resetExternal(words)),
        ]),
    replicationProcedure('rds_start_replication', '', start(words)),
    replicationProcedure('rds_stop_replication', '', stop(words)),
    replicationProcedure('rds_set_binlog_source_ssl', 'IN ssl_mode TINYINT(1)', setSsl(words)),
    replicationProcedure('rds_skip_repl_error', '', skipError(words)),
    procedure('rds_set_read_only', 'IN mode TINYINT(1)', 'SET GLOBAL read_only = mode;'),
    procedure('rds_set_configuration', 'IN name VARCHAR(30), IN value INT', setConfiguration),
    procedure(
      'rds_show_configuration',
      '',
      'SELECT name, value, description FROM mysql.rds_configuration;',
    ),
    procedure('rds_kill', 'IN thread BIGINT', kill('CONNECTION')),
    procedure('rds_kill_query', 'IN thread BIGINT', kill('QUERY')),
  ];
}

function replicationProcedure(name: string, parameters: string, body: string): string {
  const look =
    'DECLARE replication VARCHAR(9) CHARSET ascii DEFAULT mysql.lab_replication_state();';
  return procedure(name, parameters, `BEGIN ${look} ${body} END;`);
}

/** What a procedure notes down stays out of the binary log, as in the real ones: no follower has its tables. */
function procedure(name: string, parameters: string, body: string): string {
  return `CREATE DEFINER = root@localhost PROCEDURE ${name}(${parameters}) MODIFIES SQL DATA SQL SECURITY DEFINER
    BEGIN
      DECLARE logging BOOLEAN DEFAULT @@sql_log_bin;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SET @@sql_log_bin = logging; RESIGNAL; END;
      SET @@sql_log_bin = OFF;
      ${body}
      SET @@sql_log_bin = logging;
    END`;
}

function history(action: string, source?: string): string {
  const [columns, values] = source
    ? [
        ', master_host, master_port, master_user, master_log_file, master_log_pos, master_ssl',
        `, ${source}`,
      ]
    : ['', ''];
  return `INSERT INTO mysql.rds_history (called_by_user, action, mysql_version${columns})
    VALUES (USER(), ${mysql.escape(action)}, VERSION()${values});`;
}

function status(action: string, host = 'master_host', port = 'master_port'): string {
  return `UPDATE mysql.rds_replication_status
    SET called_by_user = USER(), action = ${mysql.escape(action)}, mysql_version = VERSION(),
      master_host = ${host}, master_port = ${port};`;
}
