import {planFleet} from '../../fleet/fleet-plan.ts';
import {fleetPlanText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {nextLabOf} from './lab-package.ts';

/** Plans the waves of a fleet. */
export async function showFleetPlan(
  app: App,
  file: string,
  from: string | undefined,
): Promise<ExitCode> {
  const isOwnServer = !process.env['DATABASE_URL'];
  const plan = await planFleet(app, file, {isOwnServer, from, nextLab: await nextLabOf(app)});
  const next = plan.next.map((command) => app.paste(command));
  if (app.json) {
    printDocument(app, 'fleet-plan', {...plan, next});
  } else {
    app.print(fleetPlanText(plan, app));
    for (const command of next) {
      app.say(`Next: ${command}`);
    }
  }
  return exitCodes.done;
}
