import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Plan} from '../model/plan.ts';
import {planChanges} from '../report/index.ts';
import type {Host} from './host.ts';

/** Keeps a plan that was shown, to explain later how another plan differs from it. */
export function savePlan({state}: Host, plan: Plan): void {
  try {
    mkdirSync(folderIn(state.path), {recursive: true, mode: 0o700});
    writeFileSync(fileOf(state.path, plan.digest), JSON.stringify(plan), {mode: 0o600});
  } catch {
    // A plan changes nothing and needs no state folder. Only its differences cannot be shown later.
  }
}

/** How this plan differs from an earlier one that was shown here. */
export const changesSincePlan =
  (host: Host, plan: Plan) =>
  (approved: string): readonly string[] => {
    const earlier = savedPlan(host, approved);
    return earlier ? planChanges(earlier, plan) : [];
  };

function savedPlan({state}: Host, digest: string): Plan | undefined {
  try {
    // Written by `savePlan`, and only shown.
    return JSON.parse(readFileSync(fileOf(state.path, digest), 'utf8')) as Plan;
  } catch {
    return undefined;
  }
}

const folderIn = (stateFolder: string): string => join(stateFolder, 'plans');
const fileOf = (stateFolder: string, digest: string): string =>
  join(folderIn(stateFolder), `${digest.replaceAll(/[^0-9a-f]/g, '')}.json`);
