import {SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';

// The lab is loaded when it is called for, and by nothing else.
const labClient = () => import('../../../lab/client.ts');

export interface LabUpOptions {
  readonly clients: number;
  readonly slowProcedures: boolean;
  readonly emptyAurora: boolean;
}

export async function labUpCommand(
  app: App,
  {clients, slowProcedures, emptyAurora}: LabUpOptions,
): Promise<ExitCode> {
  const {upLab} = await labClient();
  const {directory, variables} = await upLab({
    stateFolder: app.state.path,
    clients,
    slowProcedures,
    emptyAurora,
  });
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

export async function labDownCommand(app: App): Promise<ExitCode> {
  const {downLab} = await labClient();
  const was = await downLab(app.state.path);
  app.print(
    app.json
      ? JSON.stringify({was})
      : was
        ? 'The lab is down; nothing of it is left.'
        : 'No lab was up.',
  );
  return exitCodes.done;
}

export async function labStatusCommand(app: App): Promise<ExitCode> {
  const lab = await labThatIsUp(app);
  const status = await lab.status();
  if (app.json) {
    app.print(JSON.stringify(status));
  } else {
    const {dump} = await import('js-yaml');
    app.print(dump(status, {noRefs: true}).trimEnd());
  }
  return exitCodes.done;
}

/** Holds what the clients were told against the database in charge. */
export async function labCountCommand(app: App): Promise<ExitCode> {
  const lab = await labThatIsUp(app);
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
      : `${acknowledged} writes acknowledged; in ${inCharge} ${lost} of them are lost and ${duplicated} are there twice. ${answered} reads answered, ${failed} failed. ${right} lookups were right, ${wrong} wrong. Longest outage of a client: ${outageMs} ms.`,
  );
  return lost + duplicated === 0 ? exitCodes.done : exitCodes.halfWay;
}

async function labThatIsUp(app: App) {
  const {findLab} = await labClient();
  const lab = findLab(app.state.path);
  if (!lab) {
    throw new SwitcharooError({
      code: 'lab-not-up',
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
