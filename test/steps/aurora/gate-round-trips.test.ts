import {afterAll, beforeAll, expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {createRds} from '../../../lab/aws/rds.ts';
import {openDistantPort} from '../../../lab/latency/distant-port.ts';
import {Parts} from '../../../lab/parts.ts';
import {roundTripsIn, Wire} from '../../../lab/wire/wire.ts';
import type {Look} from '../../../src/model/step.ts';
import {readyAsTarget} from '../../../steps/aurora/ready-as-target.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {readyAsSource} from '../../../steps/mysql/ready-as-source.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {forOldAndCurrent} from '../../lab/mysql/for-each-kind.ts';
import {lookOf} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers} from '../mysql/real-servers.ts';

/** Far more than what a busy machine adds to an answer, so that answers of one flight are not taken for two. */
const rttMs = 300;
/** One after another, with the logins: what the operator waits for. */
const most = 12;

forOldAndCurrent('the gates before a cutover, from far away', (pair) => {
  let servers: RealServers;
  let aws: Started;
  const parts = new Parts();
  beforeAll(async () => {
    servers = await openRealServers(pair);
    const rds = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
    aws = await started(rds, createCloudWatch(rds.measure));
    await servers.begin();
  });
  afterAll(async () => {
    await parts.stop();
    await aws?.[Symbol.asyncDispose]();
    await servers?.close();
  });

  /** All targets at that distance, opened by nobody yet. */
  async function farAway() {
    const wire = new Wire();
    const {signal} = new AbortController();
    const distant = async (target: string, port: number) => {
      const address = '127.0.0.1';
      const far = {address, to: {address, port}, rttMs, tap: () => wire.tap(target)};
      return (await parts.add(openDistantPort(far))).port;
    };
    const {source, replica, aurora} = servers.databases;
    const login = async (name: string, near: number, user: 'switcharoo' | 'admin') => ({
      ...{host: '127.0.0.1', port: await distant(name, near), user, password: passwords[user]},
      replication: {user: 'repl', password: passwords.repl},
    });
    const endpoint = new URL(aws.endpoint.url);
    endpoint.port = String(await distant('aws', Number(endpoint.port)));
    const cluster = {
      ...(await login('aurora', aurora.port, 'admin')),
      ...{...aws.config, endpoint: endpoint.toString().replace(/\/$/, '')},
      ...{clusterIdentifier: 'shop', region: 'us-east-1'},
    };
    const on = {
      source: await mysqlServer.open(await login('source', source.port, 'switcharoo'), {
        ...{name: 'db1', signal},
      }),
      replica: await mysqlServer.open(await login('replica', replica.port, 'switcharoo'), {
        ...{name: 'db2', signal},
      }),
      aurora: await auroraCluster.open(cluster, {name: 'aurora', signal}),
    };
    const close = () => Promise.all(Object.values(on).map((session) => session.close()));
    return {wire, on, close};
  }

  test.each([readyAsSource, readyAsTarget])(
    'take at most 12 round trips one after another: $name',
    async (unit) => {
      const {wire, on, close} = await farAway();
      const verdict = await unit.check(lookOf({id: 'ready', unit, on}) as never);
      await close();
      expect(verdict.kind).not.toBe('waiting');
      expect(wire.exchanges().length).toBeGreaterThan(most);
      expect(roundTripsIn(wire.exchanges())).toBeLessThanOrEqual(most);
    },
  );

  test('of one plan ask no server the same twice', async () => {
    const {wire, on, close} = await farAway();
    const values = new Map<object, unknown>();
    const shared: Look<any, any>['shared'] = {
      signal: new AbortController().signal,
      of: (subject, make) => {
        const value = values.get(subject) ?? make();
        values.set(subject, value);
        return value as never; // `make` of this subject gave it
      },
    };
    await Promise.all(
      [readyAsSource, readyAsTarget].map((unit) =>
        unit.check({...lookOf({id: 'ready', unit, on}), shared} as never),
      ),
    );
    await close();
    const asked = wire
      .exchanges()
      .filter(({target, what}) => target !== 'aws' && /^(SELECT|SHOW|CALL|XA)/.test(what))
      .map(({target, what}) => `${target}: ${what}`);
    // The counters are read before the largest values and after them, as rows may be replicated in between.
    const twice = asked.filter(
      (what, index) => asked.indexOf(what) !== index && !/auto_increment/i.test(what),
    );
    expect(twice).toEqual([]);
  });
});
