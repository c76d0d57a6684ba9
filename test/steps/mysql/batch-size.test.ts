import {describe, expect, test} from 'vitest';
import {Stride} from '../../../steps/mysql/compare/batch-size.ts';

describe('the end of a range of numbers', () => {
  test('is told without asking where every number has a row', () => {
    const stride = walkedTo('-1000', '1000', 2_000);
    expect(stride.next(['1000'], 500)).toEqual(['1500']);
  });

  test('is so much further away where some numbers have none, and never has more than two numbers for a row', () => {
    expect(walkedTo('0', '1000', 500).next(['1000'], 500)).toEqual(['2000']);
    expect(walkedTo('0', '1000', 499).next(['1000'], 500)).toBeNull();
  });

  test('is asked for after a gap, in the first range, and after the last number that was there at the beginning', () => {
    expect(walkedTo('0', '1000', 1_000).next(['9999999'], 500)).toBeNull();
    expect(walkedTo('0', '1000', 1_000).next(null, 500)).toBeNull();
    expect(new Stride().next(['1000'], 500)).toBeNull();
  });

  test('is exact beyond what a double holds', () => {
    const stride = new Stride();
    stride.knowLast(['18446744073709551615']);
    stride.walked({after: ['18446744073709550000'], upTo: ['18446744073709550100']}, 100);
    expect(stride.next(['18446744073709550100'], 501)).toEqual(['18446744073709550601']);
  });
});

function walkedTo(after: string, upTo: string, rows: number): Stride {
  const stride = new Stride();
  stride.knowLast(['10000000']);
  stride.walked({after: [after], upTo: [upTo]}, rows);
  return stride;
}
