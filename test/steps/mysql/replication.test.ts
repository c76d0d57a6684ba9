import {describe, expect, test} from 'vitest';
import {
  comparePositions,
  distanceText,
  hasReached,
} from '../../../steps/mysql/replication/position.ts';
import {repairOf} from '../../../steps/mysql/replication/repair.ts';
import {brokenReason, replicationOf} from '../../../steps/mysql/replication/replication.ts';

describe('positions', () => {
  const at = (file: string, position: number) => ({file, position});

  test('files are ordered by their number, also with more than six digits', () => {
    expect(hasReached(at('bin.1000000', 4), at('bin.999999', 900))).toBe(true);
    expect(hasReached(at('bin.000009', 900), at('bin.000010', 4))).toBe(false);
    expect(hasReached(at('bin.000010', 120), at('bin.000010', 120))).toBe(true);
  });

  test('logs of two servers have no order', () => {
    expect(comparePositions(at('db1-bin.000001', 4), at('db2-bin.000001', 4))).toBeNull();
    expect(hasReached(at('db1-bin.000002', 4), at('db2-bin.000001', 4))).toBe(false);
  });

  test('a distance is given in bytes within a file, and in files beyond', () => {
    expect(distanceText(at('bin.000001', 100), at('bin.000001', 412))).toBe('312 bytes');
    expect(distanceText(at('bin.000001', 100), at('bin.000002', 4))).toBe('1 file');
    expect(distanceText(at('bin.000001', 100), at('bin.000004', 4))).toBe('3 files');
  });
});

describe('replication status', () => {
  const older = {
    Master_Host: 'db1',
    Master_Port: 3306,
    Master_Server_Id: 1,
    Master_Log_File: 'bin.000009',
    Read_Master_Log_Pos: 900,
    Relay_Master_Log_File: 'bin.000007',
    Exec_Master_Log_Pos: 120,
    Slave_IO_Running: 'Yes',
    Slave_SQL_Running: 'Yes',
    Master_SSL_Allowed: 'Yes',
    Last_IO_Errno: 0,
    Last_SQL_Errno: 0,
    Replicate_Wild_Ignore_Table: 'awsdms%.%,mysql.%',
  };

  test('is the same record for the older column names, the newer ones and a mix', () => {
    const newer = Object.fromEntries(
      Object.entries(older).map(([name, value]) => [
        name.replace('Master', 'Source').replace('Slave', 'Replica'),
        value,
      ]),
    );
    const record = {
      host: 'db1',
      port: 3306,
      sourceServerId: 1,
      io: 'Yes',
      sql: 'Yes',
      executed: {file: 'bin.000007', position: 120},
      error: null,
      ignoresMysqlSchema: true,
      filters: [],
      delaySeconds: 0,
      secondsBehind: null,
      tls: true,
    };
    expect(replicationOf(older)).toEqual(record);
    expect(replicationOf(newer)).toEqual(record);
    expect(replicationOf({...older, ...newer, Source_Host: undefined})).toEqual(record);
    expect(replicationOf({...older, Master_SSL_Allowed: 'Ignored'}).tls).toBe(false);
  });

  test('replication that cannot reach its source is not broken; with a wrong password it is', () => {
    const trying = {...older, Slave_IO_Running: 'Connecting'};
    const refused = {Last_IO_Errno: 2003, Last_IO_Error: "error connecting to master 'repl@db1'"};
    const denied = {Last_IO_Errno: 1045, Last_IO_Error: "error connecting to master 'repl@db1'"};
    expect(brokenReason(replicationOf({...trying, ...refused}))).toBeNull();
    expect(brokenReason(replicationOf({...trying, ...denied}))).toBe(
      "error connecting to master 'repl@db1' (IO errno 1045)",
    );
  });

  test('an error that quotes data is truncated', () => {
    const error = {
      Slave_SQL_Running: 'No',
      Last_SQL_Errno: 1062,
      Last_SQL_Error: 'x'.repeat(5_000),
    };
    expect(brokenReason(replicationOf({...older, ...error}))).toBe(
      `${'x'.repeat(200)}… (SQL errno 1062)`,
    );
  });

  test.each([
    [
      1062,
      'SQL',
      /^The two servers no longer have the same data\. .*seed this server again\. SHOW SLAVE STATUS .* on db2 has the details\.$/,
    ],
    [1045, 'IO', /^Check the replication account on the source/],
    [1236, 'IO', /^The source no longer has the log/],
    [1594, 'SQL', /^A relay log cannot be read\. Stop replication/],
    [2003, 'IO', /^Check the network/],
    [1146, 'SQL', /^Read SHOW SLAVE STATUS \(SHOW REPLICA STATUS\) on db2, and fix the cause\.$/],
  ])('errno %i of the %s thread comes with what to do', (errno, thread, advice) => {
    const error = {
      [`Slave_${thread}_Running`]: 'No',
      [`Last_${thread}_Errno`]: errno,
      [`Last_${thread}_Error`]: 'words of the server',
    };
    expect(repairOf('db2', replicationOf({...older, ...error}))).toMatch(advice);
  });

  test('a thread that somebody stopped is started again', () => {
    const stopped = {...older, Slave_SQL_Running: 'No', Last_SQL_Errno: 0, Last_IO_Errno: 0};
    expect(repairOf('db2', replicationOf(stopped))).toBe(
      'Ask who stopped it, then START SLAVE on db2 (START REPLICA; on Aurora CALL mysql.rds_start_replication).',
    );
  });
});
