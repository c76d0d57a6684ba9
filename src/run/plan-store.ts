import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {App} from '../cli/app.ts';
import type {Plan} from '../model/plan.ts';

/** Keeps a plan that was shown: should it be approved and no longer hold, the differences can be told. */
export function savePlan({state}: App, plan: Plan): void {
  try {
    mkdirSync(folderOf(state.path), {recursive: true, mode: 0o700});
    writeFileSync(fileOf(state.path, plan.digest), JSON.stringify(plan), {mode: 0o600});
  } catch {
    // A plan needs no state folder: it changes nothing. Only its differences cannot be told later.
  }
}

export function savedPlan({state}: App, digest: string): Plan | undefined {
  try {
    // Written by `savePlan`, and only shown.
    return JSON.parse(readFileSync(fileOf(state.path, digest), 'utf8')) as Plan;
  } catch {
    return undefined;
  }
}

const folderOf = (stateFolder: string): string => join(stateFolder, 'plans');
const fileOf = (stateFolder: string, digest: string): string =>
  join(folderOf(stateFolder), `${digest.replaceAll(/[^0-9a-f]/g, '')}.json`);
