import {expect, test} from 'vitest';
import {serverChecks} from '../../../steps/aurora/checks/server.ts';
import type {MysqlReader} from '../../../steps/mysql/contract.ts';
import {factsOf} from '../../../steps/mysql/index.ts';
import {describeEachPair} from '../mysql/each-server.ts';

describeEachPair('the check of AUTO_INCREMENT on Aurora', ({target}) => {
  test('finds nothing while rows are replicated, however many arrive between two of its queries', async () => {
    const {database, session} = target;
    await database.query('CREATE DATABASE busy');
    await database.query(
      'CREATE TABLE busy.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB',
    );
    const {reader} = session;
    let orders = 0;
    const busy: MysqlReader = {
      ...reader,
      query: async (...words) => {
        await database.query('INSERT INTO busy.orders VALUES (), ()');
        orders += 2;
        return reader.query(...words);
      },
      catalogue: (sinceMs) => {
        const catalogue = reader.catalogue(sinceMs);
        return {
          ...catalogue,
          counters: async (...words) => {
            await database.query('INSERT INTO busy.orders VALUES (), ()');
            orders += 2;
            return catalogue.counters(...words);
          },
        };
      },
    };
    const check = serverChecks.find(({name}) => name === 'auto-increment-behind');
    const aurora = factsOf(busy, new AbortController().signal);
    const findings = await check?.find({aurora} as never);
    await database.query('DROP DATABASE busy');
    expect([findings, orders]).toEqual([[], expect.any(Number)]);
    expect(orders).toBeGreaterThan(4);
  });
});
