import {describe, expect, test} from 'vitest';
import {canonicalJson, digestOf, sameJson} from '../../src/model/canonical.ts';

describe('equal values', () => {
  test('give equal text, in whatever order their keys were set', () => {
    expect(canonicalJson({b: [{d: 1, c: 2}], a: null})).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
    expect(digestOf({b: 1, a: 2})).toBe(digestOf({a: 2, b: 1}));
  });

  test('are equal as the journal gives them back', () => {
    const seen = {at: new Date(0), none: undefined, list: [undefined]};
    expect(sameJson(seen, JSON.parse(JSON.stringify(seen)))).toBe(true);
    expect(sameJson(undefined, null)).toBe(true);
  });

  test('are not those in another order of a list, or of another type', () => {
    expect(sameJson([1, 2], [2, 1])).toBe(false);
    expect(sameJson({port: 1}, {port: '1'})).toBe(false);
    expect(sameJson({}, {extra: null})).toBe(false);
  });
});
