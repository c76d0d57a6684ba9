import {withholdSecrets} from '../inventory/environment.ts';
import {type Inventory, loadInventory} from '../inventory/inventory.ts';
import {targetMissing, targetWrongKind} from '../inventory/problems.ts';
import {configOf} from '../inventory/targets.ts';
import {Redactor} from '../journal/redactor.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {EnterContext, Entrance, TargetKind} from '../model/target.ts';
import type {Host} from './host.ts';
import {targetKinds} from './step-library.ts';

interface EntranceRequest {
  /** A target, by its name in the inventory. */
  readonly service: string;
  readonly inventory: string;
}

/** The program that leads a person inside a system, as its kind of target knows it. Starts nothing. */
export async function entranceTo(
  {state}: Host,
  {service, inventory: file}: EntranceRequest,
  {command, where, signal}: Pick<EnterContext, 'command' | 'where' | 'signal'>,
): Promise<Entrance> {
  const inventory = loadInventory(file, state.path);
  const environment = withholdSecrets(inventory, process.env);
  const kind = await enterableKind(service, inventory);
  const redactor = new Redactor();
  const opening = {inventory, redactor, stateFolder: state.path, environment, signal};
  const config = await configOf(service, kind, opening);
  return kind.enter(config, {name: service, signal, command, where});
}

type Enterable = TargetKind & Required<Pick<TargetKind, 'enter'>>;

async function enterableKind(name: string, inventory: Inventory): Promise<Enterable> {
  const kinds = await targetKinds();
  const enterable = kinds.filter((kind): kind is Enterable => kind.enter !== undefined);
  const expected = enterable.map(({kind}) => kind).join(' or ');
  const {file, targets} = inventory;
  const target = targets[name];
  if (!target) {
    throw new SwitcharooError(targetMissing(name, expected, inventory));
  }
  const kind = enterable.find((candidate) => candidate.kind === target.kind);
  if (!kind) {
    throw new SwitcharooError(targetWrongKind(name, target.kind, expected, file));
  }
  return kind;
}
