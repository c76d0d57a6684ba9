import {spawn} from 'node:child_process';
import {withholdSecrets} from '../../inventory/environment.ts';
import {loadInventory} from '../../inventory/inventory.ts';
import {targetMissing, targetWrongKind} from '../../inventory/problems.ts';
import {configOf} from '../../inventory/targets.ts';
import {Redactor} from '../../journal/redactor.ts';
import {SwitcharooError} from '../../model/problem.ts';
import type {Entrance, TargetKind} from '../../model/target.ts';
import type {ExitCode} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';
import {targetKinds} from './steps.ts';

export interface ShellOptions {
  readonly service: string;
  readonly inventory: string;
  readonly task?: string;
  readonly container?: string;
}

/** Leads a person inside a system, by the way that its kind of target knows. Nothing of it is journaled. */
export async function shellCommand(
  app: App,
  command: readonly string[],
  {service, inventory, task, container}: ShellOptions,
): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  let entrance: Entrance;
  try {
    const read = loadInventory(inventory, app.state.path);
    const environment = withholdSecrets(read.targets, process.env);
    const kind = await kindOf(service, read);
    const opening = {
      inventory: read,
      redactor: new Redactor(),
      stateFolder: app.state.path,
      environment,
      signal: signals.stopping,
    };
    const config = await configOf(service, kind, opening);
    const context = {name: service, signal: signals.stopping, command, where: {task, container}};
    entrance = await kind.enter(config, context);
  } finally {
    signals.dispose();
  }
  app.say(`into ${entrance.leadsTo}`);
  return through(entrance);
}

type Enterable = TargetKind & Required<Pick<TargetKind, 'enter'>>;

async function kindOf(
  name: string,
  inventory: ReturnType<typeof loadInventory>,
): Promise<Enterable> {
  const kinds = await targetKinds();
  const enterable = kinds.filter((kind): kind is Enterable => kind.enter !== undefined);
  const wanted = enterable.map(({kind}) => kind).join(' or ');
  const {file, targets} = inventory;
  const target = targets[name];
  if (!target) {
    throw new SwitcharooError(targetMissing(name, wanted, inventory));
  }
  const found = enterable.find(({kind}) => kind === target.kind);
  if (!found) {
    throw new SwitcharooError(targetWrongKind(name, target.kind, wanted, file));
  }
  return found;
}

/** The terminal is the program's until it ends; Ctrl-C is meant for what runs inside. */
function through({program, args, env}: Entrance): Promise<ExitCode> {
  const ignore = () => {};
  process.on('SIGINT', ignore);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {stdio: 'inherit', env: {...process.env, ...env}});
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', ignore);
      // The exit codes of other programs are not ours to choose.
      resolve((code ?? 1) as ExitCode);
    });
  });
}
