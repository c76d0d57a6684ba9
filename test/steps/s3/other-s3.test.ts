import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {newSharedLog} from '../../../src/journal/open-shared-log.ts';
import type {ObjectStore} from '../../../src/model/object-store.ts';
import {MemoryJournal} from '../../../src/testing/memory-journal.ts';
import {awsConfig} from '../../../steps/aws/index.ts';
import {s3Store} from '../../../steps/s3/index.ts';
import {type Desk, lastDocument, openDesk} from '../../cli/switcharoo.ts';
import {runStarted} from '../../model/journal-of.ts';

const program = execFileSync('scripts/other-s3', ['--where'], {encoding: 'utf8'}).trim();
const never = new AbortController().signal;
const run = '20261127-030000-0001';
/** Those of s3rver. */
const credentials = {accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER'};

// An S3 that others wrote, against what the lab's S3 and our reading of the API may have in common.
describe.skipIf(!existsSync(program))(
  's3rver, which ignores If-None-Match (scripts/other-s3)',
  () => {
    let folder: string;
    let server: ChildProcess;
    let endpoint: string;
    let store: ObjectStore;
    let close: () => Promise<void>;
    let desk: Desk;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'switcharoo-s3rver-'));
      const where = ['-d', folder, '-a', '127.0.0.1', '-p', '0'];
      server = spawn(process.execPath, [program, ...where, '--configure-bucket', 'cutovers']);
      endpoint = await new Promise((resolve) => {
        let said = '';
        server.stdout?.on('data', (data) => {
          said += data;
          const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? [];
          if (address) {
            resolve(`http://${address}`);
          }
        });
      });
      const aws = awsConfig.parse({endpoint, credentials, region: 'us-east-1'});
      const config = s3Store.config.parse({bucket: 'cutovers', prefix: 'shop', ...aws});
      ({writer: store, close} = await s3Store.open(config, {name: 'store', signal: never}));
      desk = openDesk();
    });
    afterAll(async () => {
      await close?.();
      await desk?.clear();
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, {recursive: true, force: true});
    });

    test('gives back what was added, lists it in order, and says how old it is', async () => {
      expect(await store.read('a/none', never)).toBeNull();
      expect(await store.added('a/none', never)).toBeNull();
      for (const key of ['a/2', 'a/10', 'b/1']) {
        expect(await store.add(key, `${key} €\n`, never)).toBe('added');
      }
      expect(await store.read('a/10', never)).toBe('a/10 €\n');
      expect(await store.keys('a/', never)).toEqual(['a/10', 'a/2']);
      expect((await store.added('b/1', never))?.ageMs).toBeGreaterThanOrEqual(0);
    });

    test('is refused by a run before anything is changed, and by store check', async () => {
      const sleep = () => new Promise<void>(() => {});
      const clock = {monotonic: () => performance.now(), sleep};
      const journal = new MemoryJournal();
      journal.append(runStarted({run}));
      const log = await newSharedLog({store, run, clock}, never);
      await expect(log.add(journal.entries, never)).rejects.toMatchObject({
        problem: {code: 'store-overwrites'},
      });
      const file = join(desk.stateFolder, 's3rver.yaml');
      const journals = {kind: 's3-store', bucket: 'cutovers', region: 'us-east-1'};
      const targets = {journals: {...journals, endpoint, credentials}};
      writeFileSync(file, JSON.stringify({name: 'try', params: {}, targets, store: 'journals'}));
      const ended = await desk.run('store', 'check', '-i', file, '--json');
      expect(ended.code, ended.stdout + ended.stderr).toBe(3);
      expect(lastDocument(ended)).toMatchObject({
        checks: [{check: 'one-writer', result: 'bad'}],
        problems: [{code: 'store-overwrites'}],
        left: [],
      });
    });
  },
);
