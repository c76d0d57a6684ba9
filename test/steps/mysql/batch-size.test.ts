import {describe, expect, test} from 'vitest';
import {IntegerRanges} from '../../../steps/mysql/compare/batch-size.ts';

describe('the end of a range of numbers', () => {
  test('is told without asking where every number has a row', () => {
    const ranges = walkedTo('-1000', '1000', 2_000);
    expect(ranges.end(['1000'], 500)).toEqual(['1500']);
  });

  test('is so much further away where some numbers have none, and never has more than two numbers for a row', () => {
    expect(walkedTo('0', '1000', 500).end(['1000'], 500)).toEqual(['2000']);
    expect(walkedTo('0', '1000', 499).end(['1000'], 500)).toBeNull();
  });

  test('is asked for after a gap, in the first range, and after the last number that was there at the beginning', () => {
    expect(walkedTo('0', '1000', 1_000).end(['9999999'], 500)).toBeNull();
    expect(walkedTo('0', '1000', 1_000).end(null, 500)).toBeNull();
    expect(new IntegerRanges().end(['1000'], 500)).toBeNull();
  });

  test('is exact beyond what a double holds', () => {
    const ranges = new IntegerRanges();
    ranges.setMaximum(['18446744073709551615']);
    ranges.record({after: ['18446744073709550000'], upTo: ['18446744073709550100']}, 100);
    expect(ranges.end(['18446744073709550100'], 501)).toEqual(['18446744073709550601']);
  });
});

function walkedTo(after: string, upTo: string, rows: number): IntegerRanges {
  const ranges = new IntegerRanges();
  ranges.setMaximum(['10000000']);
  ranges.record({after: [after], upTo: [upTo]}, rows);
  return ranges;
}
