import {describe, expect, test} from 'vitest';
import {type Exchange, exchangesBetween, roundTripsIn, Wire} from '../../../lab/wire/wire.ts';

const exchange = (what: string, sentMs: number, answeredMs: number): Exchange => ({
  target: 'source',
  what,
  sentMs,
  answeredMs,
});

test('what is under way at the same time is one round trip', () => {
  expect(roundTripsIn([])).toBe(0);
  expect(
    roundTripsIn([
      exchange('a', 0, 20),
      exchange('b', 1, 21),
      exchange('c', 22, 42),
      exchange('d', 23, 80),
      exchange('e', 43, 63),
    ]),
  ).toBe(3);
});

test('the exchanges between two statements begin with the first and end with the answer to the second', () => {
  const [before, freeze, look, open, after] = [
    exchange('SHOW MASTER STATUS', 0, 20),
    exchange('SET GLOBAL read_only = ON', 20, 40),
    exchange('SHOW MASTER STATUS', 40, 60),
    exchange('CALL mysql.rds_set_read_only(?)', 60, 80),
    exchange('DO 0', 80, 100),
  ] as const;
  const all = [before, freeze, look, open, after];
  const between = exchangesBetween(all, /read_only = ON/, /rds_set_read_only/);
  expect(between).toEqual([freeze, look, open]);
  expect(exchangesBetween(all, /read_only = OFF/, /rds_set_read_only/)).toEqual([]);
});

describe('a tap', () => {
  test('names a statement without its values, and pairs it with its answer', () => {
    const wire = new Wire();
    const tap = wire.tap('source');
    const sql = "CHANGE MASTER TO MASTER_PASSWORD = 'secret'";
    tap.sent(Buffer.concat([Buffer.from([sql.length + 1, 0, 0, 0, 3]), Buffer.from(sql)]));
    tap.answered(Buffer.from([1]));
    tap.answered(Buffer.from([2]));
    expect(wire.exchanges()).toEqual([
      {
        target: 'source',
        what: 'CHANGE MASTER TO MASTER_PASSWORD = ?',
        sentMs: expect.any(Number),
        answeredMs: expect.any(Number),
      },
    ]);
  });
});
