import {createHash} from 'node:crypto';
import {SwitcharooError} from '../../../src/index.ts';
import type {Key} from '../contract.ts';
import type {Command, Reply} from './connection.ts';
import {keyText} from './key-text.ts';
import {redisKeyUnreadable} from './problems.ts';

type Ask = (commands: readonly Command[]) => Promise<readonly Reply[]>;

/** How many members of a key are read at once. */
const pageSize = 1_000;

/** Reads a key by its type, page by page: what is equal for users has the same hash, however it is stored. */
export async function contentHashOf(name: string, key: Key, ask: Ask): Promise<string | null> {
  const [answer] = await ask([['TYPE', key]]);
  const type = String(answer);
  switch (type) {
    case 'none':
      return null;
    case 'string': {
      const [value] = await ask([['GET', key]]);
      return value === null || value === undefined ? null : hashOf(type, [bytes(value)]);
    }
    case 'list':
      return hashOf(type, await listMembers(key, ask));
    case 'set':
      return hashOf(type, await scanned('SSCAN', key, ask, ([member]) => digest([member])));
    case 'hash':
      return hashOf(type, await scanned('HSCAN', key, ask, digest));
    case 'zset':
      return hashOf(
        type,
        await scanned('ZSCAN', key, ask, ([member, score]) => digest([member, scoreText(score)])),
      );
    case 'stream':
      return hashOf(type, await streamParts(key, ask));
    default:
      throw new SwitcharooError(redisKeyUnreadable(name, keyText(key), type));
  }
}

async function listMembers(key: Key, ask: Ask): Promise<readonly Buffer[]> {
  const members: Buffer[] = [];
  for (let from = 0; ; from += pageSize) {
    const [page] = await ask([['LRANGE', key, `${from}`, `${from + pageSize - 1}`]]);
    const some = list(page);
    members.push(...some.map((member) => digest([member])));
    if (some.length < pageSize) {
      return members;
    }
  }
}

/** In an order of their own; a member that is given twice counts once. */
async function scanned(
  command: 'SSCAN' | 'HSCAN' | 'ZSCAN',
  key: Key,
  ask: Ask,
  digestOf: (member: readonly Reply[]) => Buffer,
): Promise<readonly Buffer[]> {
  const size = command === 'SSCAN' ? 1 : 2;
  const members = new Set<string>();
  for (let cursor = '0'; ; ) {
    const [answer] = await ask([[command, key, cursor, 'COUNT', `${pageSize}`]]);
    const [next, page] = list(answer);
    const fields = list(page);
    for (let at = 0; at < fields.length; at += size) {
      members.add(digestOf(fields.slice(at, at + size)).toString('latin1'));
    }
    cursor = String(next);
    if (cursor === '0') {
      return [...members].sort().map((member) => Buffer.from(member, 'latin1'));
    }
  }
}

/** Its entries, its last id, and what each group was given and has not acknowledged. */
async function streamParts(key: Key, ask: Ask): Promise<readonly Buffer[]> {
  const parts: Buffer[] = [];
  for (let from = '-'; ; ) {
    const [answer] = await ask([['XRANGE', key, from, '+', 'COUNT', `${pageSize}`]]);
    const entries = list(answer);
    for (const entry of entries) {
      const [id, fields] = list(entry);
      parts.push(digest([id ?? null, ...list(fields)]));
      from = after(String(id));
    }
    if (entries.length < pageSize) {
      break;
    }
  }
  const [stream, groups] = await ask([
    ['XINFO', 'STREAM', key],
    ['XINFO', 'GROUPS', key],
  ]);
  parts.push(digest([field(stream, 'last-generated-id')]));
  for (const group of list(groups)) {
    const state = ['name', 'pending', 'last-delivered-id'].map((name) => field(group, name));
    parts.push(digest(state));
  }
  return parts;
}

/** The next id: `(ID` is understood only since 6.2. */
function after(id: string): string {
  const [time, sequence] = id.split('-');
  return `${time}-${BigInt(sequence ?? 0) + 1n}`;
}

/** 7.2 writes 3.3 where 7.0 writes 3.2999999999999998; `inf` is no number here. */
function scoreText(score: Reply | undefined): string {
  const number = Number(score);
  return Number.isNaN(number) ? String(score) : `${number}`;
}

/** XINFO answers with names and values in turn. */
export function field(reply: Reply | undefined, name: string): Reply {
  const fields = list(reply);
  const at = fields.findIndex((each, index) => index % 2 === 0 && String(each) === name);
  return at < 0 ? null : (fields[at + 1] ?? null);
}

export const list = (reply: Reply | undefined): readonly Reply[] =>
  Array.isArray(reply) ? reply : [];

const bytes = (reply: Reply): Buffer => (Buffer.isBuffer(reply) ? reply : Buffer.from(`${reply}`));

/** With the length of each part: `ab`, `c` is not `a`, `bc`. */
function digest(parts: readonly (Reply | undefined)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const value = bytes(part ?? null);
    hash.update(`${value.length}:`).update(value);
  }
  return hash.digest();
}

function hashOf(type: string, parts: readonly Buffer[]): string {
  const hash = createHash('sha256').update(`${type} ${parts.length} `);
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest('hex');
}
