import {describe, expect, test} from 'vitest';
import {Redactor} from '../../src/journal/redactor.ts';

type Encode = (secret: string, random: Random) => string;

const utf8 = (text: string) => Buffer.from(text);
const bytesAs = (text: string, write: (byte: string) => string) =>
  [...utf8(text)].map((byte) => write(byte.toString(16).padStart(2, '0'))).join('');
const folded = (text: string, width: number, end = '\n') =>
  text.replaceAll(new RegExp(`.{${width}}`, 'g'), (line) => line + end);
const entityNames = new Map(
  Object.entries({
    '&': 'amp',
    '<': 'lt',
    '>': 'gt',
    '"': 'quot',
    "'": 'apos',
    '/': 'sol',
    '+': 'plus',
    '%': 'percnt',
  }),
);
const mixedCase = (text: string, random: Random) =>
  [...text].map((letter) => (random.below(2) ? letter.toUpperCase() : letter)).join('');

const quotedPrintable = (text: string) =>
  [...text]
    .map((letter) =>
      /[ -<>-~]/.test(letter) ? letter : bytesAs(letter, (byte) => `=${byte.toUpperCase()}`),
    )
    .join('');
const base32 = (bytes: Buffer) => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g) ?? [];
  return letters
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
    .padEnd(Math.ceil(bytes.length / 5) * 8, '=');
};

/** Every way in which programs are known to write a secret. */
const encodings: Readonly<Record<string, Encode>> = {
  'as it is': (secret) => secret,
  JSON: (secret) => JSON.stringify({secret}),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({secret})),
  'JSON in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(JSON.stringify({secret}))),
  'unicode escapes': (secret) =>
    [...Array(secret.length).keys()]
      .map((at) => `\\u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  'unicode escapes of what is not ASCII': (secret) =>
    [...secret]
      .map((letter) =>
        letter < '\u007f' && !'\\"'.includes(letter) ? letter : JSON.stringify(letter).slice(1, -1),
      )
      .join(''),
  'percent-encoding': (secret) => encodeURIComponent(secret),
  'percent-encoding of all, lower case': (secret) => bytesAs(secret, (byte) => `%${byte}`),
  'percent-encoding of all, mixed': (secret, random) =>
    bytesAs(secret, (byte) => `%${mixedCase(byte, random)}`),
  'percent-encoding, lower case': (secret) =>
    encodeURIComponent(secret).replaceAll(/%../g, (byte) => byte.toLowerCase()),
  'percent-encoding, twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'a URL': (secret) => encodeURI(secret),
  'a form': (secret) => new URLSearchParams({secret}).toString().slice('secret='.length),
  'HTML entities by name': (secret) =>
    secret.replaceAll(/[&<>"'/+%]/g, (letter) => `&${entityNames.get(letter)};`),
  'HTML entities, decimal': (secret) =>
    [...secret].map((letter) => `&#${letter.codePointAt(0)};`).join(''),
  'HTML entities, hexadecimal': (secret, random) =>
    [...secret]
      .map((letter) => `&#x${mixedCase(letter.codePointAt(0)?.toString(16) ?? '', random)};`)
      .join(''),
  'JSON in XML': (secret) =>
    JSON.stringify({secret})
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('"', '&quot;'),
  'HTML, escaped twice': (secret) =>
    secret.replaceAll('&', '&amp;amp;').replaceAll('<', '&amp;lt;').replaceAll('"', '&amp;quot;'),
  'SQL, quotes doubled': (secret) => secret.replaceAll("'", "''"),
  'SQL, double quotes doubled': (secret) => secret.replaceAll('"', '""'),
  'SQL, both quotes doubled': (secret) => secret.replaceAll("'", "''").replaceAll('"', '""'),
  'SQL, backslashes': (secret) => secret.replaceAll(/[\\'"]/g, '\\$&'),
  'SQL, backslashes and a doubled quote': (secret) =>
    secret.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll("'", "''"),
  'a shell in single quotes': (secret) => secret.replaceAll("'", "'\\''"),
  'a shell in single quotes, twice': (secret) =>
    secret.replaceAll("'", "'\\''").replaceAll("'", "'\\''"),
  'a shell in both quotes': (secret) => secret.replaceAll("'", `'"'"'`),
  'a shell in double quotes': (secret) => secret.replaceAll(/[\\"$`]/g, '\\$&'),
  'a shell with backslashes': (secret) => secret.replaceAll(/[^A-Za-z0-9]/gu, '\\$&'),
  "a shell in $'…'": (secret) =>
    `$'${[...secret].map((letter) => (/[A-Za-z0-9]/.test(letter) ? letter : bytesAs(letter, (byte) => `\\x${byte}`))).join('')}'`,
  "a shell in $'…', octal": (secret) =>
    `$'${[...secret].map((letter) => (/[A-Za-z0-9]/.test(letter) ? letter : [...utf8(letter)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''))).join('')}'`,
  hex: (secret) => utf8(secret).toString('hex'),
  'hex, capitals': (secret) => `0x${utf8(secret).toString('hex').toUpperCase()}`,
  'hex with colons': (secret) => bytesAs(secret, (byte) => `${byte}:`),
  'hex with spaces': (secret) => bytesAs(secret, (byte) => `${byte} `),
  'hex escapes': (secret) => bytesAs(secret, (byte) => `\\x${byte}`),
  base64: (secret) => utf8(secret).toString('base64'),
  'base64, percent-encoded': (secret) => encodeURIComponent(utf8(secret).toString('base64')),
  'base64, in JSON with \\/': (secret) => utf8(secret).toString('base64').replaceAll('/', '\\/'),
  base64url: (secret) => utf8(secret).toString('base64url'),
  Basic: (secret) => `Basic ${utf8(`a:${secret}`).toString('base64')}`,
  'Basic, one letter more': (secret) => `Basic ${utf8(`ab:${secret}`).toString('base64')}`,
  'Basic, two letters more': (secret) => `Basic ${utf8(`abc:${secret}`).toString('base64')}`,
  'base64url with something around it': (secret, random) =>
    utf8(`${'x'.repeat(random.below(7))}${secret}${'y'.repeat(random.below(7))}`).toString(
      'base64url',
    ),
  "docker's auths": (secret) => {
    const auth = utf8(`AWS:${secret}`).toString('base64');
    return JSON.stringify({auths: {'1.dkr.ecr': {auth}}});
  },
  "docker's auths in Kubernetes": (secret, random) => {
    const auth = utf8(`${'u'.repeat(1 + random.below(5))}:${secret}`).toString('base64');
    return utf8(JSON.stringify({auths: {[`r${'x'.repeat(random.below(3))}`]: {auth}}})).toString(
      'base64',
    );
  },
  'base64 of UTF-16': (secret, random) =>
    Buffer.from(`${'u'.repeat(random.below(4))}${secret}`, 'utf16le').toString('base64'),
  base32: (secret, random) => base32(utf8(`${'u'.repeat(random.below(6))}${secret}`)),
  'base32, lower case': (secret) => base32(utf8(secret)).toLowerCase(),
  'quoted-printable': (secret) => quotedPrintable(secret),
  'quoted-printable in short lines': (secret) =>
    quotedPrintable(secret).replaceAll(/(?:=..|[^=]){5}/gs, '$&=\r\n'),
  'in colours': (secret) => [...secret].join('\u001b[1;31m'),
  'base64 in lines of 64': (secret) =>
    folded(utf8(`${'x'.repeat(40)}${secret}`).toString('base64'), 64),
  'base64 in lines of 76, CRLF': (secret) =>
    folded(utf8(`${'x'.repeat(50)}${secret}`).toString('base64'), 76, '\r\n'),
  'base64 in lines of 64, in JSON': (secret) =>
    JSON.stringify(folded(utf8(`${'x'.repeat(41)}${secret}`).toString('base64'), 64)),
};

const contexts: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `Access denied for user 'shop'@'10.0.0.7' (using password: ${text})`,
  (text) => `mysql://shop:${text}@db.example.com:3306/shop`,
  (text) => `IDENTIFIED BY '${text}' REQUIRE SSL`,
  (text) => `{"headers":{"authorization":"${text}"},"status":401}`,
  (text) => `line 1\nline 2 ${text}\nline 3`,
  (text) => `+ docker login -u AWS -p ${text} 1.dkr.ecr.eu-central-1.amazonaws.com`,
];

/** The same numbers at every start. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item; // there is one below the length
  }
}

const alphabets = [
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~',
  `abcXYZ019'"\\\`$ &<>%+/=`,
  `'"\\`,
  'aZ0éüß€漢😀 ',
];

/** With a letter and a digit, so that it is no word. */
function secretFrom(random: Random): string {
  const alphabet = [...random.one(alphabets)];
  const length = 5 + random.below(30);
  const middle = Array.from({length}, () => random.one(alphabet)).join('');
  return `${random.one(['q', 'Z', '7k'])}${middle}${random.one(['x9', 'R', '4'])}`;
}

describe('a random secret is taken out of every context', () => {
  test.for(Object.keys(encodings))('%s', (name) => {
    const encode = encodings[name];
    for (let seed = 1; seed <= 75; seed += 1) {
      const random = new Random(seed);
      const secret = secretFrom(random);
      const redactor = new Redactor();
      redactor.add(secretFrom(random));
      redactor.add(secret);
      const encoded = encode?.(secret, random) ?? '';
      const text = random.one(contexts)(encoded);
      const redacted = redactor.text(text);
      expect({seed, secret, text, isRedacted: redacted.includes('[redacted]')}).toMatchObject({
        isRedacted: true,
      });
      expect({seed, secret, redacted, isIn: redacted.includes(encoded)}).toMatchObject({
        isIn: false,
      });
    }
  });
});

describe('a secret that was cut off', () => {
  const redactor = new Redactor();
  redactor.add('SECRET-of-the-h0use');
  test.for([
    "You have an error in your SQL syntax near 'SECR",
    "You have an error in your SQL syntax near 'SECRET-of' at line 1",
    'near "SECRET-of-the-h0us" at line 1',
    'the password SECRET-of… is refused',
    'connect to mysql://shop:SECRET-o...',
    'using password: SECRET-of',
    "mysql: IDENTIFIED BY 'SECRET-of-the",
    "You have an error near 'the-h0use' REQUIRE SSL' at line 1",
    `${'x '.repeat(300)}SECRET-of-th`,
  ])('%s', (text) => {
    const redacted = redactor.text(text);
    expect(redacted).toContain('[redacted]');
    expect(redacted).not.toMatch(/SECR|h0us/);
  });

  test('is not every word with which it begins', () => {
    const shop = new Redactor();
    shop.add('shop_prod-2024!');
    for (const text of [
      "Unknown database 'shop_prod'",
      'Cannot open the database shop_prod',
      'shop_prod is empty',
      "GRANT SELECT ON `shop_prod`.* TO 'shop_prod'@'%'",
    ]) {
      expect(shop.text(text)).toBe(text);
      expect(shop.isIn({database: 'shop_prod'})).toBe(false);
    }
    expect(shop.isIn({url: 'mysql://u:shop_prod-2024%21@db'})).toBe(true);
  });
});

describe('a secret that is a word', () => {
  test('is taken out where it stands alone, and not inside another one', () => {
    const redactor = new Redactor();
    redactor.add('hunter');
    expect(redactor.text("the hunters met (hunter), 'hunter' and hunter.")).toBe(
      "the hunters met ([redacted]), '[redacted]' and [redacted].",
    );
  });

  test.for(['lock', 'root', 'shop', 'password', '3306', 'switcharoo'])(
    '%s is taken out only where a secret is expected',
    (word) => {
      const redactor = new Redactor();
      redactor.add(word);
      for (const text of [`the ${word} of ${word}s`, word, `database '${word}' on ${word}:1`]) {
        expect(redactor.text(text)).toBe(text);
      }
      expect(redactor.text(`password=${word}`)).toBe('password=[redacted]');
      expect(redactor.text(`IDENTIFIED BY '${word}'`)).toBe("IDENTIFIED BY '[redacted]'");
      expect(redactor.text(`mysql://shop:${word}@db/x`)).toBe('mysql://shop:[redacted]@db/x');
      expect(redactor.value({user: word, password: word})).toEqual({
        user: word,
        password: '[redacted]',
      });
      expect(redactor.text(`Basic ${Buffer.from(`root:${word}`).toString('base64')}`)).toContain(
        '[redacted]',
      );
    },
  );
});

test('what the program says of itself is as before, whatever the secrets are', () => {
  const words = [
    'Wait until the replica has executed mysql-bin.000012:4711 (3 s behind, 30 s at most).',
    'UPSERT A shop.example.com 60 -> 203.0.113.7, in change batch /change/C0123456789ABCDEF',
    'head of the journal 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'arn:aws:ecs:eu-central-1:123456789012:service/shop/web',
    "GRANT RELOAD, REPLICATION CLIENT ON *.* TO 'switcharoo'@'10.0.0.%' near \"it\"",
  ];
  for (let seed = 1; seed <= 200; seed += 1) {
    const redactor = new Redactor();
    const random = new Random(seed);
    redactor.add(secretFrom(random));
    redactor.add(secretFrom(random).slice(0, 5));
    expect(words.map((text) => redactor.text(text))).toEqual(words);
  }
});

test('a key of thousands of characters is taken out, whole, line by line and cut off', () => {
  const random = new Random(5);
  const line = () => Array.from({length: 64}, () => random.one([...'ABCxyz0189+/'])).join('');
  const lines = Array.from({length: 50}, line);
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  const single = lines.join('');
  const redactor = new Redactor();
  redactor.add(key);
  redactor.add(single);
  for (const text of [
    key,
    JSON.stringify({key}),
    single,
    `${single.slice(0, 1_000)}...`,
    lines[7] ?? '',
  ]) {
    const redacted = redactor.text(`x ${text} y`);
    for (const each of lines.slice(0, 10)) {
      expect(redacted).not.toContain(each);
    }
    expect(redacted).toContain('[redacted]');
  }
});

describe('a text takes no more time than its length, whatever is in it', () => {
  const hostile = [
    `it's "Quoted" \\ & 100% of ?a=b#c`,
    `r'e"p\\l; DROP -- %41 <b> é`,
    `\\\\\\\\'''"""\`\`\\\\x1`,
    `''''''''""""""""\\\\\\\\''''''''é漢é漢é漢`,
  ];
  const rows = [
    '\\',
    "'",
    '"',
    `\\'"`,
    '&amp;',
    '%25',
    ' ',
    '\n',
    `it's "Q`,
    'aXQn',
    '...',
    "near '",
    '5c',
    '\ufffd',
    '?',
  ];
  test.for(rows)('1,000 characters of %j', (row) => {
    const redactor = new Redactor();
    for (const secret of hostile) {
      redactor.add(secret);
    }
    const before = process.cpuUsage();
    redactor.text(row.repeat(Math.ceil(1_000 / row.length)));
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
  });
});
