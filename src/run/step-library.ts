import {existsSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {Inventory} from '../inventory/inventory.ts';
import type {AnyUnit} from '../model/step.ts';
import type {TargetKind} from '../model/target.ts';

/** Every step and gate that the faces of the technologies export. */
export async function stepLibrary(): Promise<readonly AnyUnit[]> {
  return (await exportsOfFaces()).filter(isUnit);
}

/** Every kind of target that the faces of the technologies export. */
export async function targetKinds(): Promise<readonly TargetKind[]> {
  return (await exportsOfFaces()).filter(isTargetKind);
}

/** The targets of an inventory that a run can claim, by name. */
export async function claimableKinds({
  targets,
}: Pick<Inventory, 'targets'>): Promise<Readonly<Record<string, TargetKind>>> {
  const kinds = (await targetKinds()).filter(({claimNeeds}) => claimNeeds !== undefined);
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, target]) => {
      const kind = kinds.find((candidate) => candidate.kind === target.kind);
      return kind ? [[name, kind]] : [];
    }),
  );
}

async function exportsOfFaces(): Promise<readonly unknown[]> {
  const folder = new URL('../../steps/', import.meta.url);
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const files = readdirSync(fileURLToPath(folder), {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map(({name}) => `${name}/index${extension}`)
    .filter((file) => existsSync(new URL(file, folder)))
    .sort();
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module));
}

const unitKinds = new Set<unknown>(['step', 'one-way', 'gate']);

export function isUnit(value: unknown): value is AnyUnit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'check' in value &&
    'kind' in value &&
    unitKinds.has(value.kind)
  );
}

export const isTargetKind = (value: unknown): value is TargetKind =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  'config' in value &&
  'open' in value;
