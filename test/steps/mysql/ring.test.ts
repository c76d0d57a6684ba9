import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {current} from '../../lab/mysql/server-kinds.ts';
import {openRealServers, type RealServers} from './real-servers.ts';
import {ringTrips} from './ring-trips.ts';

const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'];

forEachPair('a ring', (pair) => {
  const settingsOfEach = pair.source === current ? [[], gtids] : [[]];
  describe.each(settingsOfEach)('%s', (...settings) => {
    let servers: RealServers;
    beforeAll(async () => {
      servers = await openRealServers(pair, settings.flat());
    });
    afterAll(() => servers?.close());

    test('ten cutovers and reversals in a row under load lose and repeat no order, without a new first copy', async () => {
      const trips = await ringTrips(servers, {times: 10, clients: 4, orders: 20});
      expect(trips).toMatchObject({lost: [], twice: [], equal: true});
    });
  });
});
