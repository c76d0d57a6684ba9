import {describe, expect, test} from 'vitest';
import {durationText} from '../../src/report/labels.ts';
import {ansiPaint} from '../../src/report/paint.ts';
import {clean, cut, flow, flowCommand, oneLine, pad, widthOf} from '../../src/report/text.ts';

describe('text from targets is made harmless', () => {
  test.each([
    {name: 'colours are gone', text: '\u001b[31mred\u001b[0m', is: 'red'},
    {name: 'the cursor stays where it is', text: 'a\u001b[2J\u001b[1;1Hb', is: 'ab'},
    {name: 'no title is set', text: 'a\u001b]0;title\u0007b', is: 'ab'},
    {name: 'lines become one line', text: 'one\r\ntwo\u2028three', is: 'one  two three'},
    {name: 'text does not turn around', text: 'abc\u202egpj.exe', is: 'abcgpj.exe'},
    {name: 'no bells and no backspaces', text: 'a\u0007\u0008\u009bb', is: 'ab'},
  ])('$name', ({text, is}) => {
    expect(clean(text)).toBe(is);
  });
});

describe('widths are columns, not characters', () => {
  test.each([
    {text: 'plain', columns: 5},
    {text: '数据库', columns: 6},
    {text: 'e\u0301', columns: 1},
    {text: '🚀', columns: 2},
    {text: '✓ … ↩', columns: 5},
    {text: ansiPaint.red('red'), columns: 3},
  ])('$text takes $columns', ({text, columns}) => {
    expect(widthOf(text)).toBe(columns);
  });

  test('what is cut ends in an ellipsis and never in half a character', () => {
    expect(['数据库', 'database', 'ok'].map((text) => cut(text, 4))).toEqual(['数…', 'dat…', 'ok']);
  });

  test('padding counts columns', () => {
    expect(pad('数', 4)).toBe('数  ');
  });
});

describe('words flow into lines', () => {
  test('later lines hang below the first word', () => {
    expect(flow(['stop shop.service on web1 and web2'], {width: 20, first: '  - '})).toEqual([
      '  - stop',
      '    shop.service on',
      '    web1 and web2',
    ]);
  });

  test('columns stay columns while there is room', () => {
    expect(flow(['a   b ', pad('', 3), 'c'], {width: 20})).toEqual(['a   b    c']);
  });

  test('pieces without a space between them are one word', () => {
    const bold = (text: string) => `<${text}>`;
    expect(flow(['see ', {text: 'freeze', paint: bold}, ', then go'], {width: 9})).toEqual([
      'see',
      '<freeze>,',
      'then go',
    ]);
  });

  test('a word wider than the line is cut into pieces', () => {
    expect(flow(['abcdefghij kl'], {width: 4})).toEqual(['abcd', 'efgh', 'ij', 'kl']);
  });

  test('a command over several lines can still be pasted', () => {
    expect(flowCommand('switcharoo run shop.ts -i lab', {width: 20, first: '  '})).toEqual([
      '  switcharoo run \\',
      '  shop.ts -i lab',
    ]);
  });

  test('one line is cut where the terminal ends, and colours are closed', () => {
    expect(oneLine([{text: 'freeze', paint: ansiPaint.red}, ' on db1'], 9)).toBe(
      `${ansiPaint.red('freeze')} o…`,
    );
  });
});

test('durations read as people say them, and are never rounded up', () => {
  const all = [0, 380, 999, 1000, 2199, 9999, 59_999, 64_000, 3_599_999, 7_500_000, 277_200_000];
  expect(all.map(durationText)).toEqual([
    '0 ms',
    '380 ms',
    '999 ms',
    '1.0 s',
    '2.1 s',
    '9.9 s',
    '59 s',
    '1 m 04 s',
    '59 m 59 s',
    '2 h 05 m',
    '3 d 05 h',
  ]);
});
