import {describe, expect, test} from 'vitest';
import {callableProcedures, proceduresByVersion} from '../../../steps/mysql/dialect/procedures.ts';

const replicationProcedures = [
  'rds_set_external_master',
  'rds_set_external_source',
  'rds_set_external_master_with_auto_position',
  'rds_set_external_source_with_auto_position',
  'rds_set_external_master_with_delay',
  'rds_set_external_source_with_delay',
  'rds_reset_external_master',
  'rds_reset_external_source',
  'rds_set_read_only',
] as const;

const aurora = (version: string) => ({aurora_version: version, version: '8.0.28'});
const rds = (version: string) => ({version, basedir: '/rdsdbbin/mysql-8.0.36.R1/'});

describe('replication procedures by version', () => {
  test('which exist, and with how many arguments', () => {
    const seen = (settings: Record<string, string>) =>
      Object.fromEntries(
        replicationProcedures.flatMap((name) => {
          const count = proceduresByVersion(settings).get(name);
          return count === undefined ? [] : [[name.replace('rds_', ''), count]];
        }),
      );
    const older = {set_external_master: 7, reset_external_master: 0};
    const newer = {set_external_source: 7, reset_external_source: 0};
    expect(seen(aurora('1.22.2'))).toEqual(older);
    expect(seen(aurora('2.11.4'))).toEqual({...older, set_external_master_with_auto_position: 5});
    expect(seen(aurora('3.04.1'))).toEqual({...newer, set_external_source_with_auto_position: 5});
    const third = {...newer, set_external_source_with_auto_position: 5, set_read_only: 1};
    expect(seen(aurora('3.08.0'))).toEqual(third);
    expect(seen(aurora('8.4.7'))).toEqual(third);
    expect(seen(aurora('8.4.8'))).toEqual({...third, set_external_source_with_delay: 8});
    expect(seen(rds('8.0.36'))).toEqual({
      ...{...older, set_external_master_with_auto_position: 6},
      set_external_master_with_delay: 8,
    });
    expect(seen(rds('8.4.3'))).toEqual({
      ...{...newer, set_external_source_with_auto_position: 6},
      set_external_source_with_delay: 8,
    });
    expect(seen({version: '8.4.3', basedir: '/usr/'})).toEqual({});
  });
});

describe('procedures that the server lists', () => {
  const listed = new Map([['rds_set_external_source', 8]]);

  test('take precedence over its version', () => {
    expect(callableProcedures(listed, aurora('3.08.0'))).toBe(listed);
  });

  test('get their argument counts from the version where the account cannot see parameters', () => {
    const seen = new Map([
      ['rds_set_external_source', 0],
      ['rds_reset_external_source', 0],
      ['rds_of_tomorrow', 0],
    ]);
    expect([...callableProcedures(seen, aurora('3.08.0'))]).toEqual([
      ['rds_set_external_source', 7],
      ['rds_reset_external_source', 0],
      ['rds_of_tomorrow', 0],
    ]);
  });

  test('are all that can be called: an invisible procedure is not', () => {
    expect(callableProcedures(new Map(), aurora('3.08.0'))).toEqual(new Map());
  });
});
