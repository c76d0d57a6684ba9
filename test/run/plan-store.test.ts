import {mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import type {Plan} from '../../src/model/plan.ts';
import type {Host} from '../../src/run/host.ts';
import {lastPlanOf, savePlan} from '../../src/run/plan-store.ts';

test('a damaged plan does not hide the one before it', () => {
  const path = mkdtempSync(join(tmpdir(), 'plans-'));
  onTestFinished(() => rmSync(path, {recursive: true, force: true}));
  const host = {state: {path}} as Host;
  const plan: Plan = {
    runbook: {name: 'shop-move', summary: 'Move the shop.', digest: 'r1'},
    inventory: {name: 'lab', digest: 'i1', protected: false},
    ...{params: {}, items: [], digest: '4f1c22aa90b1d3e7'},
  };
  savePlan(host, plan);
  const damaged = join(path, 'plans', 'ffff.json');
  const broken = ['{"runbook"', 'null', '{}'];
  for (const text of broken) {
    writeFileSync(damaged, text);
    utimesSync(damaged, 4_000_000_000, 4_000_000_000);
    expect(lastPlanOf(host, 'shop-move', 'lab')?.plan).toEqual(plan);
  }
});
