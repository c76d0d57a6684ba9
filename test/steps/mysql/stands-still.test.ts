import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {standsStill} from '../../../steps/mysql/stands-still.ts';
import {openRealServers, type RealServers} from './real-servers.ts';
import {lookOf} from './walk.ts';

let servers: RealServers;
beforeAll(async () => {
  servers = await openRealServers();
});
beforeEach(() => servers.begin());
afterAll(() => servers?.close());

const look = (position: {file: string; position: number}) =>
  standsStill.check(
    lookOf({id: 'still', unit: standsStill, on: {source: servers.source}, input: {position}}),
  );

test('a frozen source that nobody wrote to stands still', async () => {
  const position = await servers.source.reader.position();
  await servers.databases.source.query('SET GLOBAL read_only = 1');
  expect(await look(position)).toEqual({kind: 'done', output: {}});
  await servers.databases.source.query('SET GLOBAL read_only = 0');
});

test('a source that was restarted and accepts writes again is noticed, also when nothing was written yet', async () => {
  const position = await servers.source.reader.position();
  expect(await look(position)).toMatchObject({
    kind: 'blocked',
    reason: `db1 accepts writes again (read_only = OFF), and was frozen at ${position.file}:${position.position}.`,
  });
});

test('a write by an account that read_only does not bind is noticed', async () => {
  const position = await servers.source.reader.position();
  await servers.databases.source.query('SET GLOBAL read_only = 1');
  await servers.databases.source.query("INSERT INTO shop.orders (token) VALUES ('slipped in')");
  const now = await servers.source.reader.position();
  expect(await look(position)).toMatchObject({
    kind: 'blocked',
    reason: `db1 stands at ${now.file}:${now.position}, and was frozen at ${position.file}:${position.position}: something was written there since, and the other side does not have it.`,
  });
  await servers.databases.source.query('SET GLOBAL read_only = 0');
});
