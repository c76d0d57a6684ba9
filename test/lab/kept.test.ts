import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {documentsFolder} from '../../lab/bare-metal.ts';
import {countKept} from '../../lab/kept.ts';
import {Processes} from '../../lab/processes.ts';
import {
  chooseRedisPorts,
  earlierSessions,
  type RedisServers,
  startRedisServers,
} from '../../lab/redis/servers.ts';
import {mailsFile, type Site} from '../../lab/site.ts';
import {hasRedis} from '../steps/redis/real-redis.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) {
    await end();
  }
});

const write = (file: string, text: string) => {
  mkdirSync(dirname(file), {recursive: true});
  writeFileSync(file, text);
};

// Two orders of the old side and one of the new; the second has a document.
const ledger = ['a-9\t1\told\tt', 'a-100\t1\told\tt', 'a-11\t2\tnew\tt', ''].join('\n');

async function world(redis?: RedisServers, directory = newFolder()) {
  const site = {directory} as Site; // All that is asked of it.
  const file = join(directory, 'ledger.tsv');
  write(file, ledger);
  write(join(documentsFolder(site), 'orders', 'a-100.txt'), 'Order a-100');
  const deployment = {documents: () => ['new.txt'], documentsPut: ['new.txt']};
  const exported = {sent: ['x'], kept: () => ['x'], stop: async () => {}};
  const count = (inCharge: 'source' | 'aurora') =>
    countKept({site, ledger: file, redis, deployment, exports: exported}, inCharge);
  return {site, count};
}

function newFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kept-'));
  endings.push(async () => rmSync(directory, {recursive: true, force: true}));
  return directory;
}

test('a document that the side in charge lacks is lost, whichever side wrote it', async () => {
  const {count} = await world();
  const lost = async (side: 'source' | 'aurora') => (await count(side)).documents;
  expect(await lost('source')).toEqual({promised: 2, lost: 1, first: ['new.txt']});
  expect(await lost('aurora')).toEqual({promised: 2, lost: 1, first: ['orders/a-100.txt']});
  // Without a redis-server nobody was promised a session, and only SQS has messages.
  expect(await count('source')).toMatchObject({
    messages: {promised: 1, lost: 0},
    sessions: {promised: 0, lost: 0},
  });
});

describe.skipIf(!hasRedis)('with two servers of Redis', () => {
  test('a visit and a message that the side in charge lacks are lost, and named', async () => {
    const directory = newFolder();
    const processes = new Processes(directory);
    endings.push(() => processes.endAll());
    const ports = (await chooseRedisPorts()) ?? {old: 0, new: 0};
    const redis = await startRedisServers(directory, processes, ports);
    endings.push(() => redis.stop());
    const {site, count} = await world(redis, directory);
    await redis.old.ask(
      ['SADD', 'session:1', 'a-9', 'a-100'],
      ['SADD', 'session:2', 'a-11'],
      ['LPUSH', 'queue:mails', 'a-9'],
      ['LPUSH', 'queue:mails:taken', 'a-100'],
    );
    write(mailsFile(site), 'a-11\n');
    const promised = 3 + earlierSessions.length;
    expect(await count('source')).toMatchObject({
      messages: {promised: 4, lost: 0, first: []},
      sessions: {promised, lost: 0, first: []},
    });
    await redis.old.ask(
      ['SREM', 'session:1', 'a-100'],
      ['DEL', 'session:earlier-7'],
      ['RPOP', 'queue:mails'],
    );
    expect(await count('source')).toMatchObject({
      messages: {lost: 1, first: ['a-9']},
      sessions: {lost: 2, first: ['session:earlier-7', 'a-100 in session:1']},
    });
    // Nothing was copied to the new side. What was sent, has been sent.
    expect(await count('aurora')).toMatchObject({
      messages: {lost: 2, first: ['a-9', 'a-100']},
      sessions: {lost: promised},
    });
    await expect(redis.new.ask(['NONSENSE'])).rejects.toThrow('unknown command');
  });
});
