import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3} from '../../lab/aws/s3.ts';
import type {Fact} from '../../src/model/journal.ts';
import {credentials} from '../lab/aws/started.ts';
import {stepDone} from '../model/journal-of.ts';
import {entries} from '../report/made-up.ts';
import {openSharedRun} from './shared-run.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const run = '20260301-030000-abcd';
const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null, 'prepared']};
const runbook = {
  name: 'shop-move',
  file: 'shop-move.ts',
  digest: 'r',
  entries: [...entries],
  outage,
};
const ada = {user: 'ada', host: 'laptop', pid: 4711};
const kim = {user: 'kim', host: 'desk', pid: 42};

let desk: Desk;
let endpoint: AwsEndpoint;
let inventory: string;
let close: () => Promise<void> = async () => {};
beforeEach(async () => {
  desk = openDesk();
  endpoint = await startAwsEndpoint({services: [createS3({buckets: {cutovers: {}}})], credentials});
  const target = {kind: 's3-store', ...settings()};
  const whole = {name: 'try', params: {}, targets: {journals: target}, store: 'journals'};
  inventory = join(desk.stateFolder, 'inventory.yaml');
  writeFileSync(inventory, JSON.stringify(whole));
});
afterEach(async () => {
  await close();
  await desk.clear();
  await endpoint.stop();
});

const settings = () => ({
  ...{bucket: 'cutovers', region: 'us-east-1', endpoint: endpoint.url, credentials},
});

const steps = (entry: string): readonly Fact[] =>
  stepDone(entry, entry).map((told) => ('kind' in told ? told : told[1]));

/** The run of a host, as far as it shared it. */
async function shared(startsAt: Date, ...facts: readonly Fact[]) {
  const given = {runbook, operator: ada, longestOutageMs: 300_000};
  const opened = await openSharedRun(desk, settings(), run, given, startsAt);
  close = opened.close;
  await opened.share(...facts);
  return opened.share;
}

/** In one line, as if the terminal were as wide as it needs. */
async function shown(...words: readonly string[]): Promise<string> {
  const {stdout} = await desk.run(...words, '--shared', inventory);
  return stdout.replaceAll(/\s+/g, ' ');
}
const documentOf = async (...words: readonly string[]) =>
  lastDocument(await desk.run(...words, '--shared', inventory, '--json'));

test('no process of another host is said to end the outage: it was last heard at a time', async () => {
  await shared(new Date(Date.now() - 60_000), ...steps('freeze'));

  const status = await shown('status', run);
  expect(status).toMatch(
    /Then the run reverses to the start by itself if its process on the other host still works\. The process was last heard from at [0-9:]{8} UTC\. If nobody on its host answers, take the run over\./,
  );
  expect(status).toContain('state ? last reported running');
  expect(status).toMatch(
    /process ada@laptop, pid 4711; last heard from at [0-9:]{8} UTC, [0-9ms ]+ ago; whether it still works is not known here/,
  );
  expect(await documentOf('status', run)).toMatchObject({
    outcome: 'running',
    holder: {host: 'laptop', dead: false, lastHeardUtc: expect.stringMatching(/^20/)},
    outage: {limit: {isWatched: false}},
  });
  expect(await shown('runs')).toContain('? last reported running');
});

test('a process that was not heard for longer than the limit is not said to be about to reverse', async () => {
  await shared(new Date(Date.now() - 3_600_000), ...steps('freeze'));

  const status = await shown('status', run);
  expect(status).toMatch(
    /It exceeded its limit of 5 m 00 s at [0-9:]{8} UTC\. Whether the process on the other host still works is not known here\. The process was last heard from at/,
  );
  expect(status).not.toContain('about to');
});

test('an offer to another operator is shown, and a take-over that was not finished', async () => {
  const offer: Fact = {kind: 'run-handed-over', to: 'kim', operator: ada};
  const share = await shared(new Date(Date.now() - 60_000), {kind: 'run-paused'}, offer);

  expect(await shown('status', run)).toContain(
    'hand-over to kim by ada@laptop, not taken over yet',
  );
  expect(await shown('runs')).toContain('no changes in place; handed over to kim by ada@laptop');
  const offered = await documentOf('status', run);
  expect(offered).toMatchObject({handedOver: {to: 'kim', by: 'ada@laptop'}});
  expect(offered.next.at(-1)).toContain(`take-over ${run} -i`);

  const notBeforeUtc = new Date(Date.now() + 3_600_000).toISOString();
  await share({kind: 'lock-taken-over', operator: kim, from: 'ada@laptop', notBeforeUtc});
  expect(await shown('status', run)).toMatch(
    /take-over by kim@desk, not finished: an action of the earlier host may be in flight until [0-9:]{8} UTC/,
  );
  expect(await shown('runs')).toContain('take-over by kim@desk not finished');
  const taking = await documentOf('runs');
  expect(taking.runs[0]).toMatchObject({unfinishedTakeOver: {by: 'kim@desk', notBeforeUtc}});
  expect(taking.runs[0]).not.toHaveProperty('handedOver');
});
