import {type AwsOptions, startAws, startMysql} from '@switcharoo/lab/testing';
import {lawsOfStep, openTarget} from 'switcharoo/testing';
import {expect, test} from 'vitest';
import {dnsView} from '../../steps/dns/index.ts';
import {ecsService, startWorkers} from '../../steps/ecs/index.ts';
import {mysqlServer} from '../../steps/mysql/index.ts';
import {s3Bucket} from '../../steps/s3/index.ts';

const {signal} = new AbortController();

async function worker(options: AwsOptions = {}) {
  const aws = await startAws({
    services: {worker: {image: 'worker:1', desiredCount: 0}},
    ...options,
  });
  const config = {...aws.config, cluster: 'lab', service: 'worker'};
  const service = await openTarget(ecsService, config);
  return {
    sessions: {service},
    picture: async () => aws.services().map(({name, desiredCount}) => ({name, desiredCount})),
    close: async () => {
      await service.close();
      await aws.close();
    },
  };
}

lawsOfStep({step: startWorkers, input: {desiredCount: 2, steadyMs: 1}, world: worker});

test('the AWS of a test answers the real SDK, and its name server serves the zones', async () => {
  const records = [{name: 'shop.test.', type: 'A', ttl: 60, values: ['192.0.2.1']}];
  await using aws = await startAws({
    zones: {'shop.test.': records},
    buckets: {settings: {'shop.env': 'A=1'}},
  });
  const bucket = await openTarget(s3Bucket, {...aws.config, bucket: 'settings'});
  expect(Buffer.from(await bucket.reader.read('shop.env', signal)).toString()).toBe('A=1');
  expect(aws.objects('settings')).toEqual({'shop.env': 'A=1'});
  const dns = await openTarget(dnsView, {authoritative: [aws.nameServer]});
  expect(await dns.reader.ask({name: 'shop.test', type: 'A'}, signal)).toMatchObject([
    {records: [{value: '192.0.2.1'}]},
  ]);
  await bucket.close();
});

test('the MySQL server of a test is a real one, and leaves nothing', async () => {
  const mysql = await startMysql('--event-scheduler=ON');
  const database = await openTarget(mysqlServer, mysql.config, 'db');
  expect(await database.reader.settings(['event_scheduler'], signal)).toMatchObject({
    event_scheduler: 'ON',
  });
  await database.writer.fenceWrites(5, signal);
  expect(await mysql.query('SELECT @@read_only AS fenced')).toEqual([{fenced: 1}]);
  await database.close();
  await mysql.close();
  const again = await openTarget(mysqlServer, mysql.config, 'db');
  await expect(again.reader.query('DO 0')).rejects.toThrow();
  await again.close();
});
