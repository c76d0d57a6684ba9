import {describe, expect, test} from 'vitest';
import {Redactor} from '../../src/journal/redactor.ts';

const secret = `s3cr'et "with" €/+?&=\\ in it`;
const bytes = Buffer.from(secret);

const forms: readonly {readonly name: string; readonly text: string}[] = [
  {name: 'as it is', text: secret},
  {name: 'in JSON', text: JSON.stringify({password: secret})},
  {name: 'in JSON in JSON', text: JSON.stringify(JSON.stringify({password: secret}))},
  {name: 'in a URL', text: `mysql://shop:${encodeURIComponent(secret)}@db/shop`},
  {name: 'in a URL, encoded as a whole', text: encodeURI(`https://db/?p=${secret}`)},
  {name: 'in a form', text: new URLSearchParams({password: secret}).toString()},
  {name: 'in base64', text: `Basic ${bytes.toString('base64')}`},
  {name: 'in base64 without its padding', text: bytes.toString('base64').replace(/=+$/, '')},
  {name: 'in base64 for URLs', text: bytes.toString('base64url')},
  {name: 'in hex', text: bytes.toString('hex')},
  {
    name: 'in hex, in capitals, as MySQL shows it',
    text: `0x${bytes.toString('hex').toUpperCase()}`,
  },
  {name: "in the shell's quotes", text: `mysql -p'${secret.replaceAll("'", "'\\''")}'`},
  {name: "in SQL's quotes", text: `IDENTIFIED BY '${secret.replaceAll("'", "''")}'`},
  {name: 'in quotes with backslashes', text: `'${secret.replaceAll("'", "\\'")}'`},
];

describe('a secret is taken out of a text', () => {
  for (const {name, text} of forms) {
    test(name, () => {
      const redactor = new Redactor();
      redactor.add(secret);
      const redacted = redactor.text(text);
      expect(redacted).toContain('[redacted]');
      for (const piece of [secret, 's3cr', bytes.toString('hex'), bytes.toString('base64')]) {
        expect(redacted).not.toContain(piece);
      }
    });
  }

  test('of many lines, line by line too', () => {
    const key = `-----BEGIN KEY-----\n${'A'.repeat(40)}\r\n${'B'.repeat(40)}\nend\n-----END KEY-----\n`;
    const redactor = new Redactor();
    redactor.add(key);
    expect(redactor.text(`line 3 is ${'B'.repeat(40)}, line 4 is end`)).toBe(
      'line 3 is [redacted], line 4 is end',
    );
  });

  test('that ends with a line break, without the break too', () => {
    const redactor = new Redactor();
    redactor.add('correct-horse\n');
    expect(redactor.text('Access denied with correct-horse.')).toBe(
      'Access denied with [redacted].',
    );
  });

  test('that begins with another one, whole', () => {
    const redactor = new Redactor();
    redactor.add('hunter');
    redactor.add('hunter2000');
    expect(redactor.text('hunter2000 and hunter')).toBe('[redacted] and [redacted]');
  });

  test('of fewer than 4 characters, not at all: it would be found everywhere', () => {
    const redactor = new Redactor();
    redactor.add('abc');
    redactor.add('');
    expect(redactor.text('abc')).toBe('abc');
  });
});

describe('a value', () => {
  const redactor = new Redactor();
  redactor.add('hunter2');
  redactor.add('lock');

  test('is redacted in depth, keys too, and keeps its shape', () => {
    const at = new Date(0);
    const value = {list: ['hunter2', 5, null, {'p hunter2': 'x hunter2'}], at, yes: true};
    expect(redactor.value(value)).toEqual({
      list: ['[redacted]', 5, null, {'p [redacted]': 'x [redacted]'}],
      at,
      yes: true,
    });
    expect(value.list[0]).toBe('hunter2');
  });

  test('keeps the words by which the program decides, if they only hold a secret by chance', () => {
    expect(
      redactor.value({outlook: 'blocked', kind: 'entry', says: 'hunter2 blocks', code: 'hunter2'}),
    ).toEqual({outlook: 'blocked', kind: 'entry', says: '[redacted] blocks', code: '[redacted]'});
  });
});
