import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {findLab} from '../../lab/client.ts';
import {sharedEntries} from '../../src/journal/open-shared-log.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {labValues} from './lab-values.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const never = new AbortController().signal;

let desk: Desk;
let inventory: string;
beforeAll(async () => {
  desk = openDesk();
  expect((await desk.run('lab', 'up', '--clients', '0')).code).toBe(0);
  inventory = join(desk.stateFolder, 'shared.yaml');
  const text = readFileSync('inventories/lab.yaml', 'utf8');
  writeFileSync(inventory, `${text}\nstore: journals\n`);
});
afterAll(() => desk.clear());

/** What another host finds in the lab's S3. */
async function entriesInStore(run: string): Promise<readonly JournalEntry[]> {
  const value = labValues(desk);
  const config = s3Store.config.parse({
    bucket: 'shop-journals',
    region: 'us-east-1',
    endpoint: value('LAB_AWS_ENDPOINT'),
    credentials: {
      accessKeyId: value('LAB_AWS_KEY_ID'),
      secretAccessKey: value('LAB_AWS_SECRET'),
    },
  });
  const {reader, close} = await s3Store.open(config, {name: 'journals', signal: never});
  try {
    return await sharedEntries({store: reader, run}, never);
  } finally {
    await close();
  }
}

const run = (...more: readonly string[]) =>
  ['run', 'warm-cutover', '-i', inventory, '--yes', '--json', ...more] as const;

describe('a run whose journal is shared', () => {
  test('has every intent in the store when its process is killed, and all of it at the end', async () => {
    const running = desk.start(...run());
    await running.said('"kind":"action-performed","entry":"freeze"');
    running.child.kill('SIGKILL');
    await running.ended;
    const {run: name} = lastDocument(await desk.run('status', '--json', '--offline'));
    const shared = await entriesInStore(name);
    expect(shared).toContainEqual(
      expect.objectContaining({kind: 'action-intended', entry: 'freeze'}),
    );
    const reversed = await desk.run('reverse', name, '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
    const log = await desk.run('log', name, '--json');
    const journal = log.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const all = await entriesInStore(name);
    expect(all.map(({prev}) => prev)).toEqual(journal.map(({prev}) => prev));
    expect(all).toContainEqual(expect.objectContaining({kind: 'run-reversed'}));
  });

  test('says before it begins what the store costs the outage, and sends nothing while the store is away', async () => {
    const plan = await desk.run('plan', 'warm-cutover', '-i', inventory);
    expect(plan.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /The journal is shared in s3:\/\/shop-journals\. Before a step changes something, it waits until the journal is there: about \d+ ms now\. If no step is repeated, the outage has up to 5 such waits: about \d+ ms in all\./,
    );
    const permissions = await desk.run('permissions', 'warm-cutover', '-i', inventory, '--json');
    expect(lastDocument(permissions).targets.at(-1)).toMatchObject({
      target: 'journals',
      rights: [
        {
          needs: [
            {need: 's3:GetBucketObjectLockConfiguration'},
            {need: 's3:GetBucketVersioning'},
            {need: 's3:ListBucket'},
            {need: 's3:ListBucketVersions'},
            {need: 's3:GetObject'},
            {need: 's3:PutObject'},
          ],
        },
      ],
    });
    const prepared = await desk.run(...run('--until', 'prepared'));
    expect(prepared.code, prepared.stdout + prepared.stderr).toBe(0);
    const lab = findLab(desk.stateFolder);
    const away = {service: 's3', operation: 'PutObject', kind: 'server-error', times: 1_000};
    await lab?.turn({what: 'aws', ...away} as never);
    const refused = await desk.run('resume', '--yes', '--json');
    expect(refused.code, refused.stdout + refused.stderr).toBe(5);
    expect(lastDocument(refused).problems[0]).toMatchObject({code: 'store-unreachable'});
    expect(await lab?.status()).toMatchObject({});
    await lab?.turn({what: 'aws-well'});
    const own = readFileSync(inventory, 'utf8');
    writeFileSync(inventory, own.replace('shop-journals', 'shop-journals\n    prefix: other'));
    const elsewhere = await desk.run('resume', '--yes', '--json', '--accept-changes');
    expect(lastDocument(elsewhere).problems[0]).toMatchObject({code: 'store-moved'});
    writeFileSync(inventory, own);
    const reversed = await desk.run('reverse', '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
  });
});
