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
    await database.query('INSERT INTO busy.orders VALUES ()');
    const {reader} = session;
    let orders = 0;
    const order = async () => {
      await database.query('INSERT INTO busy.orders VALUES (), ()');
      orders += 2;
    };
    const busy: MysqlReader = {
      ...reader,
      catalogue: (sinceMs) => {
        const catalogue = reader.catalogue(sinceMs);
        return {
          ...catalogue,
          // The tables have been read, with their next values.
          largest: async (waiter) => {
            await catalogue.tables(waiter);
            await order();
            return catalogue.largest(waiter);
          },
          counters: async (...words) => {
            await order();
            return catalogue.counters(...words);
          },
        };
      },
    };
    const check = serverChecks.find(({name}) => name === 'auto-increment-behind');
    const aurora = factsOf(busy, new AbortController().signal);
    const findings = await check?.find({aurora} as never);
    await database.query('DROP DATABASE busy');
    expect({findings, orders}).toEqual({findings: [], orders: 4});
  });
});
