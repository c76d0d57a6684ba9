import {existsSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {AnyUnit} from '../../model/step.ts';
import {didYouMean, namesNear} from '../../model/suggestion.ts';
import type {TargetKind} from '../../model/target.ts';
import {stepsText, stepText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';

/** The step library: all of it in a line each, or everything about one. */
export async function stepsCommand(app: App, name: string | undefined): Promise<ExitCode> {
  const units = await library();
  const unit = units.find((each) => each.name === name);
  if (name !== undefined && !unit) {
    throw new SwitcharooError(
      stepUnknown(
        name,
        units.map((each) => each.name),
      ),
    );
  }
  if (app.json) {
    app.print(JSON.stringify((unit ? [unit] : units).map(documentOf)));
  } else {
    app.print(unit ? stepText(unit, app) : stepsText(units, app));
  }
  return exitCodes.done;
}

/** Every step and gate that the faces of the technologies export. */
export async function library(): Promise<readonly AnyUnit[]> {
  return (await declared()).filter(isUnit);
}

/** Every kind of target that the faces of the technologies export. */
export async function targetKinds(): Promise<readonly TargetKind[]> {
  return (await declared()).filter(isKind);
}

async function declared(): Promise<readonly unknown[]> {
  const folder = new URL('../../../steps/', import.meta.url);
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const files = readdirSync(fileURLToPath(folder), {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map(({name}) => `${name}/index${ending}`)
    .filter((file) => existsSync(new URL(file, folder)))
    .sort();
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module));
}

const kinds = new Set<unknown>(['step', 'one-way', 'gate']);

function isUnit(value: unknown): value is AnyUnit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'check' in value &&
    'kind' in value &&
    kinds.has(value.kind)
  );
}

const isKind = (value: unknown): value is TargetKind =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  'config' in value &&
  'open' in value;

function documentOf(unit: AnyUnit) {
  return {
    name: unit.name,
    kind: unit.kind,
    summary: unit.summary,
    targets: Object.fromEntries(
      Object.entries<{kind: string}>(unit.targets).map(([part, {kind}]) => [part, kind]),
    ),
    needs: unit.needs,
    timeoutMs: unit.timeoutMs,
    ...(unit.kind === 'step' ? {reverses: unit.reverses} : {}),
    ...(unit.kind === 'one-way' ? {oneWayBecause: unit.oneWayBecause} : {}),
  };
}

const stepUnknown = (name: string, there: readonly string[]): Problem => ({
  code: 'step-unknown',
  message: `There is no step or gate ${name}.`,
  hint: `${didYouMean(namesNear(name, there))}List them with: switcharoo steps`,
});
