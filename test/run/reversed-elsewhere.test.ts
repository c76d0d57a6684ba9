import {copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {createS3} from '../../lab/aws/s3.ts';
import {handOverRun} from '../../src/run/hand-over-run.ts';
import {type Host, thisHost} from '../../src/run/host.ts';
import {openRun, reopenRun} from '../../src/run/open-run.ts';
import {openStore} from '../../src/run/open-store.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {credentials, type Started, started, storeYaml} from '../lab/aws/started.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'switcharoo-reversed-elsewhere-'));
const [runbook, inventory] = [join(folder, 'maintenance.ts'), join(folder, 'shared.yaml')];
const page = join(folder, 'page.html');
let lab: Started;
let ada: Host;
let kim: Host;
beforeAll(async () => {
  lab = await started(createS3({buckets: {cutovers: {}}}));
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  for (const file of ['maintenance.ts', 'show-maintenance-page.ts']) {
    copyFileSync(join('docs/examples', file), join(folder, file));
  }
  const own = readFileSync('docs/examples/maintenance.yaml', 'utf8');
  const store = storeYaml(lab);
  writeFileSync(inventory, `${own.replace(/\$\{MAINTENANCE_FILE\}/, page)}${store}`);
  [ada, kim] = ['ada', 'kim'].map((user) => ({
    ...thisHost(join(folder, user)),
    operator: {user, host: `host-of-${user}`, pid: process.pid},
  })) as [Host, Host];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await lab[Symbol.asyncDispose]();
  rmSync(folder, {recursive: true, force: true});
});

test('a run that is done on one host is handed over, and reversed on another', async () => {
  const forward = await openRun({runbook, inventory, yes: true}, ada);
  const {name: run} = forward;
  try {
    expect(await forward.forward(await forward.plan())).toEqual({kind: 'done'});
  } finally {
    await forward.close();
  }
  const {store, close} = await openStore(kim, inventory, never);
  try {
    await handOverRun({host: ada, store, run, to: 'kim'}, never);
    const shared = await sharedRunIn(store, run, never);
    expect(shared.progress).toMatchObject({outcome: 'done', handedOverTo: 'kim'});
    const taking = {host: kim, store, shared, isSure: false};
    await takeOverRun({...taking, whenTaken: async () => {}, waiting: () => {}}, never);
  } finally {
    await close();
  }
  const back = await reopenRun({run, yes: true}, kim);
  try {
    expect(await back.reverse(await back.planReversal(null))).toMatchObject({kind: 'reversed'});
  } finally {
    await back.close();
  }
  expect(progressIn(kim, run).outcome).toBe('reversed');
});
