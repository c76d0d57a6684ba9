import {noPrev} from '../../src/journal/chain.ts';
import {sha256} from '../../src/model/canonical.ts';
import {bytesOf, type Original} from './journals.ts';
import type {Random} from './random.ts';

type Mutation = (original: Original, random: Random, others: readonly Original[]) => Buffer;

/** What may happen to the bytes of a file: on a disk, in a copy, in an editor. Nobody knows the hashes here. */
export const accidents: Readonly<Record<string, Mutation>> = {
  'a bit flips': ({bytes}, random) =>
    edited(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  'a byte is another one': ({bytes}, random) => edited(bytes, random, () => random.below(256)),
  'many bytes are others': ({bytes}, random) => {
    const mutated = Buffer.from(bytes);
    for (let count = random.below(50); count >= 0; count -= 1) {
      mutated[random.below(mutated.length)] = random.below(256);
    }
    return mutated;
  },
  'it is cut': ({bytes}, random) => bytes.subarray(0, random.below(bytes.length)),
  'it lost its beginning': ({bytes}, random) => bytes.subarray(random.below(bytes.length) + 1),
  'a hole of zeros': ({bytes}, random) => {
    const start = random.below(bytes.length);
    return Buffer.from(bytes).fill(0, start, Math.min(bytes.length, start + 1 + random.below(600)));
  },
  'bytes are gone': ({bytes}, random) => {
    const start = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + random.below(90))]);
  },
  'bytes came in between': ({bytes}, random) =>
    inserted(bytes, random.below(bytes.length + 1), random.of(foreignBytes)),
  'a line is doubled': ({lines}, random) => {
    const at = random.below(lines.length);
    return bytesOf([...lines.slice(0, at + 1), ...lines.slice(at)]);
  },
  'a line is gone': ({lines}, random) => bytesOf(lines.toSpliced(random.below(lines.length), 1)),
  'lines changed places': ({lines}, random) => {
    const at = random.below(lines.length);
    const [line = ''] = lines.slice(at);
    return bytesOf(lines.toSpliced(at, 1).toSpliced(random.below(lines.length), 0, line));
  },
  'a foreign line': ({lines}, random, others) =>
    bytesOf(
      lines.toSpliced(
        random.below(lines.length + 1),
        0,
        random.of([...foreignLines, ...random.of(others).lines]),
      ),
    ),
  'the end of another journal': ({lines}, random, others) =>
    bytesOf([
      ...lines.slice(0, 1 + random.below(lines.length)),
      ...random.of(others).lines.slice(random.below(3)),
    ]),
  'it came from Windows': ({bytes}) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n')),
  'a mark of byte order': ({bytes}) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  'it became UTF-16': ({bytes}) => Buffer.from(bytes.toString(), 'utf16le'),
  'an empty line': ({lines}, random) =>
    bytesOf(lines.toSpliced(random.below(lines.length + 1), 0, '')),
};

/** What somebody writes who knows how the hashes are made: every line after it follows again. */
export const forgeries: Readonly<Record<string, Mutation>> = {
  'a value is of another kind': (original, random) =>
    forged(original, random, (body) =>
      replacedOne(body, random, /(?<=":)("[^"]*"|-?\d+|true|false|null)/g, strangeValues),
    ),
  'a key has another name': (original, random) =>
    forged(original, random, (body) => replacedOne(body, random, /"[A-Za-z]+"(?=:)/g, strangeKeys)),
  'a key is added': (original, random) =>
    forged(original, random, (body) =>
      replacedOne(
        body,
        random,
        /\{(?=")/g,
        strangeKeys.map((key) => `{${key}:${random.of(strangeValues)},`),
      ),
    ),
  'a key is given twice': (original, random) =>
    forged(original, random, (body) => {
      const [, pair = '"seq":0'] =
        random.of([...body.matchAll(/("[A-Za-z]+":(?:"[^"]*"|\d+))/g)]) ?? [];
      return `${body.slice(0, -1)},${pair}}`;
    }),
  spaces: (original, random) => forged(original, random, (body) => body.replace('":', '": ')),
  'a line that is no object': (original, random) =>
    forged(original, random, () => random.of(strangeValues)),
};

const deep = (open: string, close: string, levels: number) =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

const strangeValues: readonly string[] = [
  'null',
  '[]',
  '{}',
  '""',
  '-1',
  '-0',
  '0.1',
  '1e400',
  '1e-400',
  '9007199254740993',
  '123456789012345678901234567890',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u002f"',
  '"__proto__"',
  '"run-started"',
  '"+275760-09-13T00:00:00.000Z"',
  '"2026-02-30T00:00:00Z"',
  'true',
  '{"__proto__":{"stands":true}}',
  '{"constructor":{"prototype":{"stands":true}}}',
  '[[[[[]]]]]',
  '{"toJSON":1}',
  deep('[', ']', 50),
  deep('{"a":', '}', 50),
  deep('[', ']', 20_000),
  deep('{"a":', '}', 20_000),
];
const strangeKeys: readonly string[] = [
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"hash"',
  '"then"',
  '""',
  '"0"',
  '"kind"',
  '"entry"',
];
const foreignLines: readonly string[] = [
  '{}',
  '[]',
  'null',
  '0',
  '{"__proto__":{}}',
  '\u0000',
  '#!/bin/sh',
  '<<<<<<< HEAD',
  '","hash":"',
  `{"a":1,"hash":"${sha256('{"a":1}')}"}`,
  `{"seq":0,"kind":"run-done","prev":"${noPrev}"}`,
  deep('[', ']', 3_000),
];
const foreignBytes: readonly Buffer[] = [
  Buffer.from([0]),
  Buffer.from([0xff]),
  Buffer.from([0xc3]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from('\n'),
  Buffer.from('\r'),
  Buffer.from('\n\n'),
  Buffer.from('"'),
  Buffer.from('}'),
  Buffer.from('\ufeff'),
  Buffer.from('\u2028'),
  Buffer.alloc(4096),
  Buffer.from('\u001b[2J'),
];

function edited(bytes: Buffer, random: Random, to: (byte: number) => number): Buffer {
  const mutated = Buffer.from(bytes);
  const at = random.below(bytes.length);
  mutated[at] = to(mutated[at] ?? 0);
  return mutated;
}

const inserted = (bytes: Buffer, at: number, what: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);

function replacedOne(body: string, random: Random, pattern: RegExp, by: readonly string[]): string {
  const found = random.of([...body.matchAll(pattern)]);
  return found
    ? body.slice(0, found.index) + random.of(by) + body.slice(found.index + found[0].length)
    : body;
}

function forged({lines}: Original, random: Random, to: (body: string) => string): Buffer {
  const bodies = lines.map((line) => line.replace(/,"hash":"[0-9a-f]{64}"}$/, '}'));
  const at = random.below(bodies.length);
  return rechained(bodies.with(at, to(bodies[at] ?? '')));
}

/** Lines with these bodies, each with a hash that is right, and each following from the one before it. */
export function rechained(bodies: readonly string[]): Buffer {
  let prev = noPrev;
  return bytesOf(
    bodies.map((body) => {
      const following = body.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
      prev = sha256(following);
      return `${following.slice(0, -1)},"hash":"${prev}"}`;
    }),
  );
}
