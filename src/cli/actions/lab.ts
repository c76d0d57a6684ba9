import {SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {loadLab} from './lab-package.ts';

interface LabSetup {
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly emptyAurora: boolean;
}

export async function startLab(app: App, setup: LabSetup): Promise<ExitCode> {
  const {upLab} = await loadLab();
  const {directory, variables} = await upLab({stateFolder: app.state.path, ...setup});
  app.print(
    app.json
      ? JSON.stringify({directory, variables: withoutSecrets(variables)})
      : [
          `The lab is up, in ${directory}.`,
          `  ${app.paste('plan bare-metal-to-ecs -i lab')}`,
          `  ${app.paste('run bare-metal-to-ecs -i lab')}`,
          `  ${app.paste('lab status')}`,
          `  ${app.paste('lab down')}`,
        ].join('\n'),
  );
  return exitCodes.done;
}

export async function stopLab(app: App): Promise<ExitCode> {
  const {downLab} = await loadLab();
  const was = await downLab(app.state.path);
  app.print(
    app.json ? JSON.stringify({was}) : was ? 'The lab is down and removed.' : 'No lab was up.',
  );
  return exitCodes.done;
}

export async function showLab(app: App): Promise<ExitCode> {
  const lab = await runningLab(app);
  const status = await lab.status();
  if (app.json) {
    app.print(JSON.stringify(status));
  } else {
    const {dump} = await import('js-yaml');
    app.print(dump(status, {noRefs: true}).trimEnd());
  }
  return exitCodes.done;
}

/** Compares what the clients were told with the database in charge. */
export async function countWrites(app: App): Promise<ExitCode> {
  const lab = await runningLab(app);
  const {inCharge, acknowledged, lost, duplicated, outageMs, clients, lookups} = await lab.count();
  const {right, wrong} = lookups;
  const {answered, failed} = clients.reads;
  app.print(
    app.json
      ? JSON.stringify({
          inCharge,
          writes: {acknowledged, lost, duplicated},
          reads: {answered, failed},
          lookups: {right, wrong},
          outageMs,
        })
      : [
          `writes   ${acknowledged} acknowledged; in ${inCharge}, ${lost} are lost and ${duplicated} are duplicated`,
          `reads    ${answered} answered, ${failed} failed`,
          `lookups  ${right} right, ${wrong} wrong`,
          `outage   ${outageMs} ms, the longest of a client`,
        ].join('\n'),
  );
  return lost + duplicated === 0 ? exitCodes.done : exitCodes.halfWay;
}

async function runningLab(app: App) {
  const {findLab} = await loadLab();
  const lab = findLab(app.state.path);
  if (!lab) {
    throw new SwitcharooError({
      code: 'lab-not-running',
      message: 'No lab is up.',
      hint: 'Start it with: switcharoo lab up',
    });
  }
  return lab;
}

function withoutSecrets(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !/PASSWORD|SECRET|KEY_ID/.test(name)),
  );
}
