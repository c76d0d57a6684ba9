import {describe, expect, test} from 'vitest';
import {parseTime} from '../../src/cli/parse-time.ts';

describe('the time by which a cutover must be accepted', () => {
  const now = new Date(2026, 2, 1, 3, 0, 0);

  test('HH:MM is later today, or tomorrow when it has passed', () => {
    expect(parseTime('04:30', now)).toEqual(new Date(2026, 2, 1, 4, 30));
    expect(parseTime('02:30', now)).toEqual(new Date(2026, 2, 2, 2, 30));
  });

  test('a whole time must say its zone', () => {
    expect(parseTime('2026-03-01T04:30:00Z', now)).toEqual(new Date('2026-03-01T04:30:00Z'));
    expect(parseTime('2026-03-01T04:30+01:00', now)).toEqual(new Date('2026-03-01T03:30:00Z'));
    expect(parseTime('2026-03-01T04:30:00', now)).toBeUndefined();
  });

  test.for(['25:00', '4', 'soon', '2026-99-01T04:30:00Z'])('"%s" is no time', (text) => {
    expect(parseTime(text, now)).toBeUndefined();
  });
});
