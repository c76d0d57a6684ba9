import type {Forecast} from '../../forecast/forecast.ts';
import {expectedTimes} from '../../model/expected-time.ts';
import {outageRule} from '../../model/outage-limit.ts';
import type {Plan} from '../../model/plan.ts';
import {type EarlierRun, type Missing, missingIn, planText} from '../../report/index.ts';
import {peopleText} from '../../run/channel-texts.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {distancesOf} from '../../run/expected-times.ts';
import {forecasterFor} from '../../run/forecasts.ts';
import {foreignClaims} from '../../run/foreign-claims.ts';
import {obstaclesIn} from '../../run/obstacles.ts';
import {openWorld, type WorldRequest} from '../../run/open-world.ts';
import {earlierRunOf, withNetworkShare} from '../../run/past-runs.ts';
import {savePlan} from '../../run/plan-store.ts';
import {rehearsalRemarks} from '../../run/rehearsed.ts';
import type {Run} from '../../run/run.ts';
import {worldRemarks} from '../../run/session-remarks.ts';
import {timedPlan} from '../../run/timed-plan.ts';
import type {App} from '../app.ts';
import {wordsOf} from '../plan-words.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {listenToSignals} from '../signals.ts';
import {tellProgress} from '../waiting-line.ts';

/** Inspects the targets, prints the plan and its digest, and changes nothing. */
export async function showPlan(app: App, request: WorldRequest): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  const opened = await openWorld(app, request, signals.aborting, tellProgress(app));
  try {
    const {world, inventory} = opened;
    const {made, checkMs} = await timedPlan({world, inventory, signal: signals.stopping});
    const [rights, claims] = await Promise.all([
      opened.rights(),
      foreignClaims({
        ...{host: app, opened, run: world.run, isEarlier: false},
        signal: signals.stopping,
      }),
    ]);
    const remarks = [
      ...claims.remarks,
      ...rehearsalRemarks(app, opened),
      ...(await worldRemarks(opened, signals.stopping)),
    ];
    const people = peopleText(await opened.channels());
    const distances = await distancesOf(opened, signals.stopping);
    const times = expectedTimes(world.runbook, distances);
    const {runbook, params} = world;
    const conditions = {distances, ...(checkMs === undefined ? {} : {checkMs})};
    const about = {runbook, params, inventory: inventory.name, ...conditions};
    const forecast = forecasterFor(app, about)();
    const missing = missingIn(rights);
    const plan = opened.redactor.value(made);
    savePlan(app, plan);
    const rule = outageRule(world.runbook, world.runbook.head.outage?.longestMs);
    const words = wordsOf(request);
    const command = app.paste(`run ${words} --plan ${plan.digest}`);
    const isBlocked = obstaclesIn(plan).length > 0 || claims.problems.length > 0;
    if (app.json) {
      printDocument(app, 'plan', {
        ...plan,
        ...(rule ? {longestOutage: rule} : {}),
        ...{missing, claimed: claims.problems, remarks, people},
        ...{expected: times, distances, forecast: forecast ?? null},
        next: [isBlocked ? app.paste(`plan ${words}`) : command],
      });
    } else {
      app.print(
        planText(plan, {
          ...{...app, command, expectation: {times, distances}, forecast},
          earlier: withNetworkShare(app, world.runbook, earlierRun(app, plan)),
          longestOutage: rule ? {rule} : null,
          ...{remarks, people},
          ownedByOthers: claims.owned,
        }),
      );
      missing.map(missingText).forEach(app.say);
      printProblems(app, claims.problems);
      printObstacles(app, plan);
    }
    return isBlocked ? exitCodes.blocked : exitCodes.done;
  } finally {
    await opened.close();
    signals.dispose();
  }
}

/** Plans a run and prints the plan, with `isBrief` only if something obstructs it. */
export async function printPlanOf(app: App, run: Run, isBrief = false): Promise<Plan> {
  const plan = await run.plan();
  const times = await expectedOf(app, run, plan);
  if (app.json) {
    printPlanned(app, run, plan, times.forecast);
  } else if (!isBrief || obstaclesIn(plan).length > 0) {
    const {remarks, longestOutage, people} = run;
    app.print(planText(plan, {...{...app, longestOutage, remarks, people}, ...times}));
  }
  return plan;
}

/** How long a run will take that has not started: one under way is forecast as it goes. */
async function expectedOf(app: App, run: Run, plan: Plan) {
  const earlier = earlierRun(app, plan);
  if (run.progress !== undefined) {
    return {earlier, forecast: undefined};
  }
  const {distances, forecast} = await run.forecasts.plan();
  return {
    forecast,
    expectation: {times: expectedTimes(run.runbook, distances), distances},
    earlier: withNetworkShare(app, run.runbook, earlier),
  };
}

/** One line of JSON. */
export const printPlanned = (
  app: App,
  {remarks, longestOutage, people}: Run,
  plan: Plan,
  forecast?: Forecast,
): void =>
  printDocument(app, 'run-line', {
    kind: 'planned',
    plan,
    ...(longestOutage ? {longestOutage: longestOutage.rule} : {}),
    ...{remarks, people},
    ...(forecast ? {forecast} : {}),
  });

/** What the last comparable run took. */
export const earlierRun = (app: App, {runbook, inventory}: Plan): EarlierRun | null =>
  earlierRunOf(app, runbook.name, inventory.name);

/** Prints every blocked entry as a problem. */
export function printObstacles(app: App, plan: Plan): boolean {
  const problems = obstaclesIn(plan);
  if (problems.length > 0) {
    printProblems(app, problems);
  }
  return problems.length > 0;
}

/** No part of the plan: a policy that seems to lack a grant may have it in a way that is not visible from here. */
const missingText = ({target, account, need, reason}: Missing): string =>
  `! ${target}: ${account ?? 'its account'} seems to lack ${need} (${reason}).`;
