import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import {createRds, type Rds} from '../../../lab/aws/rds.ts';
import type {Session} from '../../../src/model/target.ts';
import type {AuroraReader, AuroraWriter} from '../../../steps/aurora/contract.ts';
import {readyAsTarget} from '../../../steps/aurora/ready-as-target.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {forEachPair} from '../../lab/mysql/for-each-kind.ts';
import {lookOf, type Placed, settled} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers} from '../mysql/real-servers.ts';
import {withoutProcedure, withSession} from './real-cluster.ts';

forEachPair('ready as the target', (pair) => {
  let servers: RealServers;
  let rds: Rds;
  let aws: Started;
  beforeAll(async () => {
    servers = await openRealServers(pair);
    rds = createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]});
    aws = await started(rds, createCloudWatch(rds.measure));
    await servers.begin();
  });
  afterAll(async () => {
    await aws?.[Symbol.asyncDispose]();
    await servers?.close();
  });

  const aurora = () => servers.databases.aurora;
  const setRetention = (hours: number | null) =>
    aurora().query("CALL mysql.rds_set_configuration('binlog retention hours', ?)", [hours]);
  const withCluster = <Result>(
    config: object,
    work: (session: Session<AuroraReader, AuroraWriter>) => Promise<Result>,
  ): Promise<Result> => withSession(aurora(), {...aws.config, ...config}, work);
  const readyOf = (session: Session<AuroraReader, AuroraWriter>): Placed => ({
    id: 'ready',
    unit: readyAsTarget,
    on: {aurora: session, source: servers.source, replica: servers.replica},
  });

  beforeEach(() => setRetention(168));
  afterEach(async () => {
    rds.change('shop', {status: 'available', members: [{identifier: 'shop-1', writer: true}]});
    await aurora().query("SET GLOBAL collation_server = 'utf8mb4_unicode_ci'");
  });

  test('an available cluster that can be reversed is', () =>
    withCluster({}, async (session) => {
      // Nothing but that two brands are far from each other is there to be remarked.
      const sameBrand =
        pair.source.name.startsWith('MySQL') === pair.target.name.startsWith('MySQL');
      expect(await settled(readyOf(session))).toEqual({
        ...{kind: 'done', output: {}},
        ...(sameBrand
          ? {}
          : {
              remarks: [
                expect.stringMatching(/^db1 is 5\.6\.24-log, and aurora is 10\.11\..*MariaDB/),
              ],
            }),
      });
    }));

  test('what RDS moves on from is waited for, and named', () =>
    withCluster({}, async (session) => {
      const moving = ['modifying', 'failing-over', 'upgrading', 'backing-up', 'renaming'];
      const ofWriter = ['rebooting', 'configuring-log-exports', 'storage-optimization', 'moved'];
      rds.passThrough('shop', 'cluster', [...moving, 'available']);
      const said: unknown[] = [];
      for (const _ of moving) {
        said.push(await readyAsTarget.check(lookOf(readyOf(session))));
      }
      rds.passThrough('shop', 'writer', [...ofWriter, 'available']);
      for (const _ of ofWriter) {
        said.push(await readyAsTarget.check(lookOf(readyOf(session))));
      }
      expect(said).toEqual(
        [
          ...moving.map((status) => `cluster shop is ${status}, not available`),
          ...ofWriter.map(
            (status) => `cluster shop has a writer shop-1 that is ${status}, not available`,
          ),
        ].map((progress) => ({kind: 'waiting', progress})),
      );
      expect((await settled(readyOf(session))).kind).toBe('done');
    }));

  test('what RDS does not move on from is blocked at once, with what to do about it', () =>
    withCluster({}, async (session) => {
      const stuck = async (part: 'cluster' | 'writer', status: string) => {
        rds.passThrough('shop', part, [status]);
        const verdict = await readyAsTarget.check(lookOf(readyOf(session)));
        rds.passThrough('shop', part, ['available']);
        await session.reader.cluster();
        return verdict;
      };
      const blockedBy = (text: string, hint: unknown) => ({
        kind: 'blocked',
        reason: `aurora is not ready as the target: cluster shop ${text}, and does not become available by itself.`,
        hint,
      });
      expect(await stuck('cluster', 'inaccessible-encryption-credentials-recoverable')).toEqual(
        blockedBy(
          'is inaccessible-encryption-credentials-recoverable',
          'Enable its KMS key and the grants of RDS again within seven days, then start it: aws rds start-db-cluster.',
        ),
      );
      expect(await stuck('cluster', 'stopped')).toEqual(
        blockedBy('is stopped', 'Start it: aws rds start-db-cluster.'),
      );
      expect(await stuck('writer', 'storage-full')).toEqual(
        blockedBy(
          'has a writer shop-1 that is storage-full',
          'Set a larger instance class: it has more local storage, for logs and temporary tables. The cluster volume grows by itself.',
        ),
      );
      expect(await stuck('writer', 'incompatible-parameters')).toEqual(
        blockedBy(
          'has a writer shop-1 that is incompatible-parameters',
          'Reset what was changed in its parameter group, then reboot it: aws rds describe-events names the parameters.',
        ),
      );
    }));

  test('what a change brings with it is not held against the cluster before it is over', () =>
    withCluster({}, async (session) => {
      rds.change('shop', {pendingChanges: {EngineVersion: '8.0.mysql_aurora.3.09.0'}});
      rds.passThrough('shop', 'cluster', ['upgrading', 'available']);
      const kinds = [
        await readyAsTarget.check(lookOf(readyOf(session))),
        await readyAsTarget.check(lookOf(readyOf(session))),
      ].map(({kind}) => kind);
      rds.change('shop', {pendingChanges: {}});
      expect(kinds).toEqual(['waiting', 'blocked']);
    }));

  test('a writer that does not answer is waited for while RDS restarts it, and only then', () =>
    withCluster({port: 1}, async (session) => {
      rds.passThrough('shop', 'writer', ['rebooting', 'rebooting', 'storage-full', 'storage-full']);
      expect(await readyAsTarget.check(lookOf(readyOf(session)))).toEqual({
        kind: 'waiting',
        progress: expect.stringMatching(
          /^cluster shop has a writer shop-1 that is rebooting, not available: .*aurora/,
        ),
      });
      expect(await readyAsTarget.check(lookOf(readyOf(session)))).toMatchObject({
        kind: 'blocked',
        reason: expect.stringContaining('shop-1 that is storage-full'),
      });
      rds.passThrough('shop', 'writer', ['available']);
      await session.reader.cluster();
      await expect(readyAsTarget.check(lookOf(readyOf(session)))).rejects.toMatchObject({
        problem: {code: expect.stringContaining('unreachable')},
      });
    }));

  test('everything that is wrong is told at once, with what to do about each', () =>
    withCluster({}, async (session) => {
      await setRetention(12);
      rds.change('shop', {
        members: [{identifier: 'shop-1', writer: true, parameterGroupStatus: 'pending-reboot'}],
      });
      expect(await settled(readyOf(session))).toEqual({
        kind: 'blocked',
        reason:
          'aurora is not ready as the target: cluster shop has a writer that needs a reboot for the parameters of shop-cluster-parameters; aurora keeps its binary logs for 12 h, and reverse replication needs 24 h.',
        hint: "Reboot the writer instance, days before the cutover. On Aurora: CALL mysql.rds_set_configuration('binlog retention hours', 168).",
      });
    }));

  test('writes cannot be disabled on a server without rds_set_read_only', () =>
    withCluster({}, async (session) => {
      await withoutProcedure(aurora(), 'rds_set_read_only', async () => {
        expect(await settled(readyOf(session))).toEqual({
          kind: 'blocked',
          reason:
            'aurora is not ready as the target: aurora has no procedure mysql.rds_set_read_only.',
          hint: 'Upgrade the cluster (rds_set_read_only needs Aurora MySQL 3.06 or later), or correct the endpoint if it is not Aurora.',
        });
      });
    }));

  test('a cluster that RDS does not know is named', () =>
    withCluster({clusterIdentifier: 'shp'}, async (session) => {
      expect(await settled(readyOf(session))).toEqual({
        kind: 'blocked',
        reason:
          'aurora is not ready as the target: RDS has no cluster shp in this account and region.',
        hint: "Correct clusterIdentifier or region in the inventory's entry.",
      });
    }));
});
