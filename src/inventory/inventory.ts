import {existsSync, readFileSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {z} from 'zod';
import {sha256} from '../model/canonical.ts';
import {SwitcharooError} from '../model/problem.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import {approversShape} from './approvers.ts';
import {channels} from './channels.ts';
import {writtenIn} from './inventory-file.ts';
import {namesIn, pathsOf} from './names.ts';
import {
  inventoryInvalid,
  inventoryNotFound,
  inventoryVariableMissing,
  labNotRunning,
} from './problems.ts';
import {sharedIn} from './shared-in.ts';
import {unknownFieldsIn} from './unknown-fields.ts';
import {windowShape} from './window.ts';

const target = z.looseObject({kind: z.string()});

/** All but `extends`, which is resolved before. */
export const inventoryShape = z.strictObject({
  /** Shown everywhere; the operator types it when the inventory is protected. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
  /** Running asks the operator to type the name. */
  protected: z.boolean().default(false),
  /** A run starts only if this very runbook was rehearsed, forward and back. */
  requireRehearsal: z.boolean().default(false),
  /** The lab's inventory: its variables come from the running lab. */
  lab: z.boolean().default(false),
  /** Printed and journaled: no secrets here. */
  params: z.record(z.string(), z.json()).default({}),
  targets: z.record(z.string(), target),
  /** Where the journals of its runs are shared with other hosts: a target, or `s3://bucket/prefix`. */
  store: z.string().optional(),
  /** Who may approve what a runbook asks, by group. */
  approvers: approversShape.default({}),
  /** When its systems may be cut over. */
  window: windowShape.exactOptional(),
  notify: channels,
});

export interface Inventory extends z.output<typeof inventoryShape> {
  readonly file: string;
  readonly digest: string;
}

export type LabVariables = Readonly<Record<string, string>>;

/**
 * Reads the file that names the targets and parameters of one environment.
 * `${NAME}` anywhere in it is replaced from the environment (the lab's: from `lab.env` in the state folder); secrets
 * are references (`{env: NAME}` …) that are resolved when a target is opened. `nextLab`: what a lab would give, for an
 * inventory that is only read while no lab is up.
 */
export function loadInventory(
  nameOrPath: string,
  stateFolder: string,
  nextLab?: LabVariables,
): Inventory {
  const file = findFile(nameOrPath);
  const raw = writtenIn(file);
  const variables = isLab(raw) ? (nextLab ?? labVariables(file, stateFolder)) : process.env;
  const expanded = expand(file, raw, variables);
  const result = inventoryShape.safeParse(expanded);
  if (!result.success) {
    const unknown = unknownFieldsIn(inventoryShape, expanded)
      .filter(({path}) => !path.startsWith('params') && !path.startsWith('targets'))
      .map(({name, possible}) => didYouMean(namesNear(name, possible)).trimEnd());
    const details = [z.prettifyError(result.error), ...unknown.filter(Boolean)].join('. ');
    throw new SwitcharooError(inventoryInvalid(file, details));
  }
  return {...withCalendarTarget(sharedIn(result.data)), file, digest: digestOf(expanded)};
}

/** A calendar that is named by its ARN is a target of that name, with the account of the environment. */
function withCalendarTarget<Whole extends z.output<typeof inventoryShape>>(
  inventory: Whole,
): Whole {
  const {targets, window: {calendar} = {}} = inventory;
  return calendar?.startsWith('arn:') && !(calendar in targets)
    ? {...inventory, targets: {...targets, [calendar]: {kind: 'change-calendar', calendar}}}
    : inventory;
}

/** Of all that a run depends on: whom it tells, and when it may cut over, may change between two of its processes. */
function digestOf(expanded: unknown): string {
  const {
    notify: _,
    window: _window,
    ...rest
  } = expanded as {readonly notify?: unknown; readonly window?: unknown}; // the schema has read it
  return sha256(JSON.stringify(rest)).slice(0, 16);
}

/** The lab's variables as an environment, for the references of its targets. */
export function labVariables(file: string, stateFolder: string): LabVariables {
  const path = join(stateFolder, 'lab.env');
  if (!existsSync(path)) {
    throw new SwitcharooError(labNotRunning(file, path));
  }
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('='));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function findFile(nameOrPath: string): string {
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath);
  const tried = isPath
    ? [nameOrPath]
    : pathsOf({folder: 'inventories', name: nameOrPath, ending: '.yaml'});
  const file = tried.find((path) => existsSync(path));
  if (file === undefined) {
    const available = namesIn('inventories', '.yaml');
    throw new SwitcharooError(inventoryNotFound(basename(nameOrPath), tried, available));
  }
  return resolve(file);
}

const isLab = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && 'lab' in raw && raw.lab === true;

function expand(
  file: string,
  raw: unknown,
  variables: Readonly<Record<string, string | undefined>>,
): unknown {
  const missing = new Set<string>();
  const replace = (text: string): string =>
    text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      const value = variables[name];
      if (value === undefined) {
        missing.add(name);
      }
      return value ?? whole;
    });
  const isOneVariable = (text: string) => isLab(raw) && /^\$\{\w+\}$/.test(text);
  const expanded = mapStrings(raw, (text) =>
    isOneVariable(text) ? listed(replace(text)) : replace(text),
  );
  if (missing.size > 0) {
    throw new SwitcharooError(inventoryVariableMissing(file, [...missing]));
  }
  return expanded;
}

/** The lab gives lists as JSON: of what this machine has not, an empty one. */
function listed(text: string): unknown {
  try {
    return text.startsWith('[') ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

/** The same value with every string in it replaced. */
function mapStrings(value: unknown, replace: (text: string) => unknown): unknown {
  if (typeof value === 'string') {
    return replace(value);
  }
  if (Array.isArray(value)) {
    return value.map((member) => mapStrings(member, replace));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, mapStrings(member, replace)]),
    );
  }
  return value;
}
