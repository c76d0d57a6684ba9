import {describe, expect, test} from 'vitest';
import {dialectOf} from '../../../steps/mysql/dialect/dialect.ts';

describe('the dialect', () => {
  const cases = [
    {version: '5.6.24-log', status: 'SHOW SLAVE STATUS', position: 'SHOW MASTER STATUS'},
    {version: '8.0.21', status: 'SHOW SLAVE STATUS', position: 'SHOW MASTER STATUS'},
    {version: '8.0.36', status: 'SHOW REPLICA STATUS', position: 'SHOW MASTER STATUS'},
    {version: '8.4.7', status: 'SHOW REPLICA STATUS', position: 'SHOW BINARY LOG STATUS'},
    {version: '10.11.19-MariaDB', status: 'SHOW SLAVE STATUS', position: 'SHOW MASTER STATUS'},
  ];
  for (const {version, status, position} of cases) {
    test(`of ${version}`, async () => {
      const dialect = dialectOf(version);
      const echo = async (sql: string) => sql;
      expect(await dialect.send('replicationStatus', echo)).toBe(status);
      expect(await dialect.send('ownPosition', echo)).toBe(position);
    });
  }

  test('a fork that rejects the likely spelling gets the other one, and only once', async () => {
    const asked: string[] = [];
    const fork = async (sql: string) => {
      asked.push(sql);
      if (sql.includes('REPLICA')) {
        throw Object.assign(new Error('You have an error in your SQL syntax'), {errno: 1064});
      }
      return 'stopped';
    };
    const dialect = dialectOf('8.4.0-fork');
    expect(await dialect.send('stop', fork)).toBe('stopped');
    expect(await dialect.send('stop', fork)).toBe('stopped');
    expect(asked).toEqual(['STOP REPLICA', 'STOP SLAVE', 'STOP SLAVE']);
  });
});
