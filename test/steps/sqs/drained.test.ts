import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {expect, test} from 'vitest';
import {createSqs} from '../../../lab/aws/sqs.ts';
import type {Look} from '../../../src/index.ts';
import {sqsPreflight} from '../../../steps/sqs/checks/sqs.ts';
import {sqsDrained} from '../../../steps/sqs/drained.ts';
import {sqsQueues} from '../../../steps/sqs/target.ts';
import {credentials, started} from '../../lab/aws/started.ts';

const {signal} = new AbortController();
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

async function world() {
  const sqs = createSqs(['jobs', 'mails']);
  const lab = await started(sqs);
  const {reader, close} = await sqsQueues.open(sqsQueues.config.parse(lab.config), {
    name: 'sqs',
    signal,
  });
  const client = new SQSClient({endpoint: lab.endpoint.url, region: 'us-east-1', credentials});
  const check = (
    queues: readonly string[],
    seconds: number,
    bookmark?: unknown,
    {sqs: asked = reader, ...input}: {sqs?: typeof reader; steadySeconds?: number} = {},
  ) => {
    const look: Look<any, any> = {
      input: sqsDrained.input.parse({queues, ...input}),
      targets: {sqs: asked},
      run: {id: 'r-1', entry: 'queues', started: false, bookmark},
      now: at(seconds),
      signal,
    };
    return sqsDrained.check(look);
  };
  return {
    sqs,
    lab,
    reader,
    client,
    check,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await close();
      await lab[Symbol.asyncDispose]();
    },
  };
}

const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/jobs';

test('messages that wait, are in flight or delayed keep the gate closed', async () => {
  await using tried = await world();
  const {client, check, sqs} = tried;
  await client.send(new SendMessageCommand({QueueUrl, MessageBody: 'a'}));
  await client.send(new SendMessageCommand({QueueUrl, MessageBody: 'b'}));
  await client.send(new SendMessageCommand({QueueUrl, MessageBody: 'c', DelaySeconds: 900}));
  const {Messages: [taken] = []} = await client.send(new ReceiveMessageCommand({QueueUrl}));
  expect(await check(['jobs', 'mails'], 0)).toMatchObject({
    kind: 'waiting',
    progress: 'jobs: 1 waiting, 1 in flight, 1 delayed',
  });
  const {ReceiptHandle} = taken ?? {};
  await client.send(new DeleteMessageCommand({QueueUrl, ReceiptHandle}));
  expect(sqs.length('jobs')).toBe(2);
  expect(await check(['jobs'], 0)).toMatchObject({
    progress: 'jobs: 1 waiting, 0 in flight, 1 delayed',
  });
});

test('it opens once all counts have been 0 for over a minute, seen without a gap', async () => {
  await using tried = await world();
  const {check, sqs} = tried;
  const noted = {emptySinceUtc: at(0).toISOString(), emptyAtUtc: at(0).toISOString()};
  expect(await check(['jobs', 'mails'], 0)).toEqual({
    kind: 'waiting',
    progress: 'no messages for 0 of 75 s, in jobs, mails',
    bookmark: noted,
  });
  const later = {...noted, emptyAtUtc: at(50).toISOString()};
  expect(await check(['jobs', 'mails'], 50, noted)).toMatchObject({bookmark: later});
  expect(await check(['jobs', 'mails'], 74, later)).toMatchObject({kind: 'waiting'});
  expect(await check(['jobs', 'mails'], 75, later)).toEqual({
    kind: 'done',
    output: {queues: ['jobs', 'mails'], steadySeconds: 75},
  });
  // Nobody has looked for more than a minute, or a message came: the time starts again.
  expect(await check(['jobs', 'mails'], 120, later)).toMatchObject({
    progress: 'no messages for 0 of 75 s, in jobs, mails',
  });
  sqs.send('mails', 'late');
  expect(await check(['jobs', 'mails'], 75, later)).toEqual({
    kind: 'waiting',
    progress: 'mails: 1 waiting, 0 in flight, 0 delayed',
    bookmark: null,
  });
});

// Its counts are approximate: a gate that opened at once would let messages be forgotten.
test('SQS itself is watched for over a minute, whatever the runbook says; the lab may be for less', async () => {
  await using tried = await world();
  const noted = {emptySinceUtc: at(0).toISOString(), emptyAtUtc: at(0).toISOString()};
  const soon = (isLocal: boolean) => {
    const {name} = tried.reader;
    const counts = tried.reader.counts.bind(tried.reader);
    const sqs = {name, isLocal, counts, names: async () => []};
    return tried.check(['jobs'], 1, noted, {sqs, steadySeconds: 1});
  };
  expect(tried.reader.isLocal).toBe(true);
  expect(await soon(true)).toMatchObject({kind: 'done', output: {steadySeconds: 1}});
  expect(await soon(false)).toEqual({
    kind: 'blocked',
    reason:
      'steadySeconds is 1 for sqs, but SQS needs about a minute after the last message to count correctly.',
    hint: 'Set steadySeconds to 61 or more in the parameters of the runbook, or remove it.',
  });
});

test('a queue that does not exist is named beside those that do', async () => {
  await using tried = await world();
  expect(await tried.check(['jbos'], 0)).toEqual({
    kind: 'blocked',
    reason: 'sqs has no queue jbos; it has jobs, mails.',
    hint: 'Correct the names in the runbook, or the region in the inventory: aws sqs list-queues',
  });
});

test('preflight says whether the account may see queues', async () => {
  await using tried = await world();
  const look = () => sqsPreflight.look(tried.reader, [], signal, () => {});
  expect((await look()).findings).toEqual([]);
  tried.lab.endpoint.faults.add({service: 'sqs', operation: 'ListQueues', kind: 'deny'});
  expect((await look()).findings).toMatchObject([{check: 'sqs-refused', severity: 'warns'}]);
});
