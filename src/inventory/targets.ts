import {z} from 'zod';
import type {Redactor} from '../journal/redactor.ts';
import {type Problem, problemsIn, refuseAny, SwitcharooError} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {Keeper, OpenContext, OpenTargets, Session, TargetKind} from '../model/target.ts';
import {inYourCode, problemOfThrown} from '../model/thrown.ts';
import type {Environment} from './environment.ts';
import {type Inventory, labVariables} from './inventory.ts';
import {
  paramsInvalid,
  targetFieldUnknown,
  targetInvalid,
  targetMissing,
  targetWrongKind,
} from './problems.ts';
import {resolveFields} from './references.ts';
import {unknownFieldsIn} from './unknown-fields.ts';

type AnySession = Session<unknown, unknown>;

export type TargetNames = Readonly<Record<string, string>>;

export interface Opening {
  /** The kind of each target, by the name that it must have in the inventory. */
  readonly kinds: Readonly<Record<string, TargetKind>>;
  readonly inventory: Inventory;
  /** Target of the runbook to target of the inventory, where their names differ. */
  readonly targets?: TargetNames;
  readonly redactor: Redactor;
  readonly stateFolder: string;
  readonly keeper?: Keeper;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/**
 * Resolves every reference and checks every target that is asked for; all problems come at once. Connects to nothing.
 */
export async function openTargets(opening: Opening): Promise<OpenTargets> {
  const kinds = Object.entries(opening.kinds);
  const prepared = await Promise.all(kinds.map(([name, kind]) => prepare(name, kind, opening)));
  refuseAny(prepared.flatMap(({problems}) => problems));
  const sessions = new Map<string, Promise<AnySession>>();
  const configs = new Map(prepared.map(({name, kind, config}) => [name, {kind, config}]));

  return {
    session: (target) => {
      const {signal, keeper} = opening;
      const context = {name: target, signal, ...(keeper ? {keeper} : {})};
      const opened = sessions.get(target) ?? open(configs.get(target), context);
      sessions.set(target, opened);
      // One that did not open is tried again at the next look.
      opened.catch(() => sessions.delete(target));
      return opened;
    },
    close: async () => {
      const all = [...sessions.values()];
      sessions.clear();
      await Promise.allSettled(all.map(async (session) => (await session).close()));
    },
  };
}

/** The settings of one target, its references resolved, as its kind wants them. */
export async function configOf(
  name: string,
  kind: TargetKind,
  opening: Omit<Opening, 'kinds' | 'cast'>,
): Promise<unknown> {
  const {config, problems} = await prepareNamed(name, kind, opening);
  refuseAny(problems);
  return config;
}

/** The parameters of the inventory and those given by hand, as the runbook wants them. */
export function paramsFor(
  runbook: AnyRunbook,
  inventory: Inventory,
  given: Readonly<Record<string, unknown>> = {},
): unknown {
  refuseStrangers(runbook.head.name, runbook.head.params, Object.keys(given), inventory.file);
  return parsedParams(runbook, {...inventory.params, ...given}, inventory.file);
}

/** Parameters as the runbook wants them. `file`: where their author can change them. */
export function parsedParams({head}: AnyRunbook, params: unknown, file: string): unknown {
  const schema: z.ZodType = head.params;
  const result = inYourCode(`Checking the parameters of ${head.name}`, () =>
    schema.safeParse(params),
  );
  if (!result.success) {
    const wrong = result.error.issues.map(({path: [name]}) => String(name));
    const details = `${z.prettifyError(result.error)}${misspelt(schema, params, wrong)}`;
    throw new SwitcharooError(paramsInvalid(head.name, details, file));
  }
  return result.data;
}

/** One of the wrong parameters that is missing, and one that is there and has nearly its name. */
function misspelt(schema: z.ZodType, params: unknown, wrong: readonly string[]): string {
  if (!(schema instanceof z.ZodObject) || typeof params !== 'object' || params === null) {
    return '';
  }
  const known = Object.keys(schema.shape);
  const strangers = Object.keys(params).filter((name) => !known.includes(name));
  const pairs = known
    .filter((name) => !(name in params) && wrong.includes(name))
    .flatMap((name) =>
      namesNear(name, strangers)
        .slice(0, 1)
        .map((near) => `${near} (${name}?)`),
    );
  return pairs.length === 0 ? '' : ` Perhaps misspelt: ${pairs.join(', ')}.`;
}

/** An inventory may hold parameters of other runbooks; what is given by hand is meant for this one. */
function refuseStrangers(
  runbook: string,
  schema: z.ZodType,
  given: readonly string[],
  file: string,
): void {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : given;
  const stranger = given.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const near = didYouMean(namesNear(stranger, known));
    const what = `${stranger} is none of them. ${near}They are ${known.join(', ') || 'none'}`;
    throw new SwitcharooError(paramsInvalid(runbook, what, file));
  }
}

interface Prepared {
  readonly name: string;
  readonly kind: TargetKind;
  readonly config?: unknown;
  readonly problems: readonly Problem[];
}

async function prepare(part: string, kind: TargetKind, opening: Opening): Promise<Prepared> {
  const name = opening.targets?.[part] ?? part;
  const prepared = await prepareNamed(name, kind, opening);
  return {...prepared, name: part};
}

async function prepareNamed(
  name: string,
  kind: TargetKind,
  opening: Omit<Opening, 'kinds' | 'cast'>,
): Promise<Prepared> {
  const {inventory, redactor, signal} = opening;
  const target = inventory.targets[name];
  if (!target) {
    return {name, kind, problems: [targetMissing(name, kind.kind, inventory)]};
  }
  if (target.kind !== kind.kind) {
    return {name, kind, problems: [targetWrongKind(name, target.kind, kind.kind, inventory.file)]};
  }
  const {kind: _kind, ...fields} = target;
  try {
    const environment = inventory.lab
      ? {...opening.environment, ...labVariables(inventory.file, opening.stateFolder)}
      : opening.environment;
    const resolved = await resolveFields(fields, {target: name, environment, redactor, signal});
    const unknown = unknownFieldsIn(kind.config, resolved).map((field) =>
      targetFieldUnknown({target: name, kind: kind.kind, file: inventory.file}, field),
    );
    const result = kind.config.safeParse(resolved);
    if (!result.success) {
      const invalid = targetInvalid(name, inventory.file, z.prettifyError(result.error));
      return {name, kind, problems: [...unknown, invalid]};
    }
    return {name, kind, config: result.data, problems: unknown};
  } catch (error) {
    return {name, kind, problems: problemsIn(error)};
  }
}

async function open(
  prepared: {kind: TargetKind; config?: unknown} | undefined,
  context: OpenContext,
): Promise<AnySession> {
  const {name} = context;
  if (!prepared) {
    throw new Error(`${name} is not a target of this runbook`);
  }
  try {
    return await prepared.kind.open(prepared.config, context);
  } catch (error) {
    const problem = problemOfThrown(`Opening ${name}`, error);
    throw problem && !(error instanceof SwitcharooError)
      ? new SwitcharooError(problem, {cause: error})
      : error;
  }
}
