import {describe, expect, test} from 'vitest';
import {Redactor} from '../../../src/journal/redactor.ts';
import type {SystemClaim} from '../../../src/model/target.ts';
import {endHolds} from '../../../src/run/inventory-claims.ts';
import {claimOn} from '../../../steps/mysql/claim/claim.ts';
import {connectTo} from '../../../steps/mysql/session/connection.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {describeEachServer, type TriedServer} from './each-server.ts';

const signal = new AbortController().signal;

/** A process of switcharoo on another laptop: connections of its own. */
function laptop({database}: TriedServer, user: 'switcharoo' | 'shop' = 'switcharoo') {
  const where = {name: 'source', address: `127.0.0.1:${database.port}`};
  const login = {host: '127.0.0.1', port: database.port, user, password: passwords[user]};
  const connections = connectTo(login, where, signal);
  const claim: SystemClaim = claimOn(connections, where);
  return {
    ...claim,
    ids: () => connections.ids(),
    end: async () => {
      await claim.release();
      await connections.close();
    },
  };
}

const claimOf = (run: string) => ({
  run,
  runbook: 'bare-metal-to-ecs',
  inventory: 'production',
  user: 'ada',
  host: 'laptop-1',
  sinceUtc: '2026-03-01T03:12:05.000Z',
  folder: '/home/ada/.switcharoo',
  journal: 'j1',
});

describeEachServer('the claim of a run', (on) => {
  test('one process holds the lock; another gets it when that process has ended', async () => {
    const [first, second] = [laptop(on), laptop(on)];
    try {
      expect(await first.take(signal)).toBe(true);
      expect(await second.take(signal)).toBe(false);
      expect((await second.look(signal)).holder).toMatch(
        /^session \d+ of switcharoo@127\.0\.0\.1:\d+$|^session \d+ of switcharoo@localhost/,
      );
      await first.end();
      await expect.poll(() => second.take(signal)).toBe(true);
    } finally {
      await first.end();
      await second.end();
    }
  });

  test('of ten that try at once, one gets it', async () => {
    const laptops = Array.from({length: 10}, () => laptop(on));
    try {
      const taken = await Promise.all(laptops.map((one) => one.take(signal)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    } finally {
      await Promise.all(laptops.map((one) => one.end()));
    }
  });

  test('a lock whose session was killed is noticed at once, and can be taken again', async () => {
    const one = laptop(on);
    try {
      await one.take(signal);
      expect(await one.isHeld(signal)).toBe(true);
      const [row] = await on.database.query("SELECT IS_USED_LOCK('switcharoo.claim') AS id");
      await on.database.query('KILL ?', [row?.['id']]);
      await expect.poll(() => one.isHeld(signal)).toBe(false);
      expect(await one.take(signal)).toBe(true);
      expect(await one.isHeld(signal)).toBe(true);
    } finally {
      await one.end();
    }
  });

  test('it stays when the process ends, names its run, and is not in the binary log', async () => {
    const [first, second] = [laptop(on), laptop(on)];
    try {
      expect(await first.look(signal)).toEqual({claim: null, holder: null});
      await first.take(signal);
      const before = await on.session.reader.position(signal);
      expect(await first.keep(claimOf('r1'), signal)).toBe('kept');
      expect(await first.keep(claimOf('r1'), signal)).toBe('kept');
      expect(await on.session.reader.position(signal)).toEqual(before);
      await first.end();
      expect(await second.look(signal)).toMatchObject({claim: claimOf('r1')});
      expect(await second.drop({run: 'r2', journal: 'j1'}, signal)).toBe('dropped');
      expect(await second.drop({run: 'r1', journal: 'a copy of j1'}, signal)).toBe('dropped');
      expect((await second.look(signal)).claim?.run).toBe('r1');
      expect(await second.drop({run: 'r1', journal: 'j1'}, signal)).toBe('dropped');
      expect(await second.drop({run: 'r1', journal: 'j1'}, signal)).toBe('dropped');
      expect((await second.look(signal)).claim).toBeNull();
      expect(await on.session.reader.position(signal)).toEqual(before);
    } finally {
      await first.end();
      await second.end();
    }
  });

  test('a second claim is refused by the server itself', async () => {
    const one = laptop(on);
    try {
      await one.keep(claimOf('r1'), signal);
      await expect(one.keep(claimOf('r2'), signal)).rejects.toThrow(/1062/);
    } finally {
      await one.drop({run: 'r1', journal: 'j1'}, signal);
      await one.end();
    }
  });

  test('a frozen server keeps the lock, and its sessions are not ended as clients', async () => {
    const one = laptop(on);
    try {
      await one.take(signal);
      await on.session.writer.fenceWrites(2, signal);
      expect(await one.isHeld(signal)).toBe(true);
      // MySQL from 5.7 on refuses every account; older ones and MariaDB let this one pass.
      const {superReadOnly} = await on.session.reader.fence(signal);
      const answer = superReadOnly ? 'read-only' : 'kept';
      expect(await one.keep(claimOf('r1'), signal)).toBe(answer);
    } finally {
      await on.session.writer.allowWrites(signal);
      await one.drop({run: 'r1', journal: 'j1'}, signal);
      await one.end();
    }
  });

  test('it is taken from a process that holds it: its session ends, and its claim is gone', async () => {
    const [first, second] = [laptop(on), laptop(on)];
    try {
      await first.take(signal);
      await first.keep(claimOf('r1'), signal);
      expect(await second.takeOver({run: 'r1', journal: 'j1'}, signal)).toBe('dropped');
      await expect.poll(() => first.isHeld(signal)).toBe(false);
      expect(await second.look(signal)).toEqual({claim: null, holder: null});
    } finally {
      await first.end();
      await second.end();
    }
  });

  test('a take-over of a server that takes no writes ends the session, and says that the claim stays', async () => {
    const [first, second] = [laptop(on), laptop(on)];
    try {
      await first.take(signal);
      await first.keep(claimOf('r1'), signal);
      await on.session.writer.fenceWrites(2, signal);
      const {superReadOnly} = await on.session.reader.fence(signal);
      const open = {systems: new Map([['source', second]]), closed: new Map()};
      const claims = {...open, redactor: new Redactor(), close: async () => {}};
      const claimed = {ever: ['source'], whileActing: []};
      expect(await endHolds(claims, 'r1', claimed, signal)).toEqual([
        {target: 'source', ...(superReadOnly ? {keepsClaim: true} : {})},
      ]);
      await expect.poll(() => first.isHeld(signal)).toBe(false);
    } finally {
      await on.session.writer.allowWrites(signal);
      await second.drop({run: 'r1', journal: 'j1'}, signal);
      await first.end();
      await second.end();
    }
  });

  test('an account that may not write it is told the privilege', async () => {
    const one = laptop(on, 'shop');
    try {
      expect(await one.take(signal)).toBe(true);
      await expect(one.keep(claimOf('r1'), signal)).rejects.toMatchObject({
        problem: {code: 'mysql-privilege-missing'},
      });
    } finally {
      await one.end();
    }
  });
});

describe('what is claimed', () => {
  test('a server says which grants a claim needs', () => {
    expect(mysqlServer.claimNeeds).toHaveLength(2);
  });
});
