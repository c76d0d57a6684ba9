import {makePlan} from '../../engine/plan.ts';
import {type Plan, planLines} from '../../model/plan.ts';
import type {Problem} from '../../model/problem.ts';
import {type Missing, missingIn, planChanges, planText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {openWorld} from '../../run/open-world.ts';
import {savedPlan, savePlan} from '../../run/plan-store.ts';
import {type App, type Told, tellProblems} from '../app.ts';
import {listenToSignals} from '../signals.ts';

export interface PlanOptions {
  readonly inventory: string;
  readonly param: Readonly<Record<string, string>>;
}

/** Looks at the world, prints the plan and its digest, and changes nothing. */
export async function planCommand(
  app: App,
  runbook: string,
  options: PlanOptions,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  const wanted = {runbook, inventory: options.inventory, params: options.param};
  const opened = await openWorld(app, wanted, signals, () => {});
  try {
    const {world, inventory} = opened;
    const [made, rights] = await Promise.all([
      makePlan({world, inventory, signal: signals.stopping}),
      opened.rights(),
    ]);
    const missing = missingIn(rights);
    const plan = opened.redactor.value(made);
    savePlan(app, plan);
    const command = app.paste(`run ${runbook} -i ${options.inventory} --plan ${plan.digest}`);
    app.print(app.json ? JSON.stringify({...plan, missing}) : planText(plan, {...app, command}));
    if (!app.json) {
      missing.map(missingText).forEach(app.say);
    }
    return tellBlocked(app, plan) ? exitCodes.blocked : exitCodes.done;
  } finally {
    await opened.close();
    signals.dispose();
  }
}

/** No part of the plan: what a policy seems to lack may be granted in a way that nobody can see from here. */
const missingText = ({target, account, need, says}: Missing): string =>
  `! ${target}: ${account ?? 'its account'} seems to lack ${need} (${says}).`;

/** Every blocked entry of a plan as a problem of its own. They stand in the plan itself, too. */
export function blockedIn(plan: Plan): readonly Problem[] {
  return planLines(plan)
    .filter(({outlook}) => outlook === 'blocked')
    .map(({entry, says = 'it is blocked', hint = '', code = 'blocked'}) => ({
      code,
      message: `${entry}: ${says}`,
      hint,
    }));
}

/** Tells all of them at once. In JSON the plan has said it already. */
export function tellBlocked(app: App, plan: Plan, told: Told = {}): boolean {
  const problems = blockedIn(plan);
  if (problems.length > 0 && !app.json) {
    tellProblems(app, problems, told);
  }
  return problems.length > 0;
}

/** How this plan differs from an earlier one that was shown here. */
export const changesSincePlan =
  (app: App, plan: Plan) =>
  (approved: string): readonly string[] => {
    const then = savedPlan(app, approved);
    return then ? planChanges(then, plan) : [];
  };
