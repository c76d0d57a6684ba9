import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openRun, reopenRun} from 'switcharoo';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {evidenceOf} from '../../src/run/evidence.ts';

const example = 'docs/examples/maintenance.yaml';

let folder: string;
let stateFolder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-evidence-'));
  stateFolder = join(folder, 'state');
  vi.stubEnv('MAINTENANCE_FILE', join(folder, 'maintenance.html'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, {recursive: true, force: true});
});

/** A run up to a checkpoint: its name. */
async function runUntil(checkpoint: string, inventory = example, rehearsal = false) {
  const run = await openRun({
    ...{runbook: 'test/run/announced.ts', inventory, rehearsal},
    ...{stateFolder, until: checkpoint, yes: true},
  });
  try {
    expect(await run.forward(await run.plan())).toMatchObject({kind: 'reached'});
    return run.name;
  } finally {
    await run.close();
  }
}

async function resumeUntil(run: string, checkpoint: string): Promise<void> {
  const resumed = await reopenRun({run, stateFolder, until: checkpoint, yes: true});
  try {
    await resumed.forward(await resumed.plan());
  } finally {
    await resumed.close();
  }
}

const inMs = (ms: number) => new Date(Date.now() + ms);
const evidence = (inventory: string, ms = 0) =>
  evidenceOf({state: new StateFolder(stateFolder)}, inventory, inMs(ms));

test('what a paused run has proven has an age, until its outage begins', async () => {
  const run = await runUntil('told');
  const twoHours = 2 * 3_600_000;
  expect(evidence('example', twoHours)).toEqual([
    {
      ...{run, entry: 'announced', unit: 'example.announced', freshForMs: 3_600_000},
      ageMs: expect.any(Number),
    },
  ]);
  expect(evidence('example', twoHours)[0]?.ageMs).toBeGreaterThanOrEqual(twoHours);
  expect(evidence('production')).toEqual([]);

  await resumeUntil(run, 'closed');
  expect(evidence('example')).toEqual([]);
});

test('what a rehearsal has proven is no evidence for the night', async () => {
  const lab = join(folder, 'lab.yaml');
  writeFileSync(lab, `${readFileSync(example, 'utf8')}lab: true\n`);
  mkdirSync(stateFolder);
  writeFileSync(join(stateFolder, 'lab.env'), `MAINTENANCE_FILE=${join(folder, 'page.html')}\n`);
  await runUntil('told', lab, true);
  expect(evidence('example')).toEqual([]);
  await runUntil('told', lab);
  expect(evidence('example')).toHaveLength(1);
});
