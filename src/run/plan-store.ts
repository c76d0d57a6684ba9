import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
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

/** The last plan of this runbook and inventory that was shown here, and when. */
export function lastPlanOf(
  {state}: Pick<Host, 'state'>,
  runbook: string,
  inventory: string,
): {readonly plan: Plan; readonly at: Date} | undefined {
  const files = planFiles(folderIn(state.path)).toSorted((a, b) => b.at - a.at);
  for (const {path, at} of files) {
    const plan = planIn(path);
    if (plan?.runbook?.name === runbook && plan.inventory?.name === inventory) {
      return {plan: plan as Plan, at: new Date(at)}; // written by `savePlan`, and only shown
    }
  }
  return undefined;
}

function planFiles(folder: string): readonly {readonly path: string; readonly at: number}[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({path: join(folder, name), at: statSync(join(folder, name)).mtimeMs}));
  } catch {
    // No plan was kept here.
    return [];
  }
}

/** A damaged one hides no other. */
function planIn(path: string): Partial<Plan> | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

const folderIn = (stateFolder: string): string => join(stateFolder, 'plans');
const fileOf = (stateFolder: string, digest: string): string =>
  join(folderIn(stateFolder), `${digest.replaceAll(/[^0-9a-f]/g, '')}.json`);
