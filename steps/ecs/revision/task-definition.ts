import {createHash} from 'node:crypto';
import type {RegisterTaskDefinitionCommandInput, TaskDefinition} from '@aws-sdk/client-ecs';
import type {Difference} from '../../../src/index.ts';
import type {UnknownField} from '../../aws/index.ts';

/** A task definition as it is registered: without ARN and revision, with its tags. */
export type Definition = RegisterTaskDefinitionCommandInput;
type Container = NonNullable<Definition['containerDefinitions']>[number];

/** A task definition with its number, as ECS has it. */
export interface Revision {
  readonly definition: Definition;
  /** False once it was deregistered: then no service can be updated to it. */
  readonly isActive: boolean;
  /** Fields that the SDK of this version does not know, and cannot register. */
  readonly unknown: readonly UnknownField[];
}

/** What DescribeTaskDefinition adds and RegisterTaskDefinition does not take. */
const readOnly = new Set([
  'compatibilities',
  'deregisteredAt',
  'registeredAt',
  'registeredBy',
  'requiresAttributes',
  'revision',
  'status',
  'taskDefinitionArn',
]);

/** What to register to get the same task definition again. All other fields are kept. */
export function registrable(
  described: TaskDefinition,
  tags: readonly {readonly key?: string | undefined; readonly value?: string | undefined}[],
): Definition {
  const fields = Object.entries(described).filter(([field]) => !readOnly.has(field));
  // AWS keeps `aws:` for itself and refuses such tags from others.
  const own = tags.filter(({key}) => key !== undefined && !key.startsWith('aws:'));
  return {
    ...Object.fromEntries(fields),
    family: described.family,
    containerDefinitions: described.containerDefinitions,
    ...(own.length === 0 ? {} : {tags: [...own]}),
  };
}

interface ContainerImage {
  readonly container: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The same definition, with another image and these environment variables in one container. */
export function withImage(definition: Definition, change: ContainerImage): Definition {
  return {
    ...definition,
    containerDefinitions: definition.containerDefinitions?.map((container) =>
      container.name === change.container
        ? {...container, image: change.image, environment: merged(container, change)}
        : container,
    ),
  };
}

/** What differs from the image and environment to deploy. Values that may be secrets are not shown. */
export function imageDifferences(
  definition: Definition,
  change: ContainerImage,
): readonly Difference[] {
  const container = containerOf(definition, change.container);
  const image: Difference = {
    what: `image of ${change.container}`,
    is: container?.image ?? 'none',
    shouldBe: change.image,
  };
  const environment = Object.entries(change.environment)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([name, value]) => ({
      what: `environment ${name}`,
      ...shownValues(name, environmentValue(container, name), value),
    }));
  return [
    ...(image.is === image.shouldBe ? [] : [image]),
    ...environment.filter(({is, shouldBe}) => is !== shouldBe),
  ];
}

/** The value of an environment variable that a container sees: of one that is there twice, the last. */
export const environmentValue = (
  container: Container | undefined,
  name: string,
): string | undefined =>
  container?.environment?.findLast((variable) => variable.name === name)?.value;

export const containerOf = (definition: Definition, name: string): Container | undefined =>
  definition.containerDefinitions?.find((container) => container.name === name);

/** The container that is meant: the named one, else the only one, else the only one with a port. */
export function chosenContainer(
  definition: Pick<Definition, 'containerDefinitions'>,
  named?: string,
): string | undefined {
  const all = definition.containerDefinitions ?? [];
  const serving = all.filter(({portMappings}) => (portMappings?.length ?? 0) > 0);
  const candidates =
    named !== undefined ? all.filter(({name}) => name === named) : all.length === 1 ? all : serving;
  return candidates.length === 1 ? candidates[0]?.name : undefined;
}

/** 7 of `…:task-definition/web:7`. */
export const revisionNumber = (arn: string): number => Number(arn.slice(arn.lastIndexOf(':') + 1));

/** The same for equal definitions, however ECS orders and fills them. */
export function digestOf(definition: Definition): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(definition)))
    .digest('hex');
}

function merged({environment = []}: Container, change: ContainerImage): Container['environment'] {
  const added = Object.entries(change.environment).map(([name, value]) => ({name, value}));
  const kept = environment.filter(
    ({name}) => name === undefined || !Object.hasOwn(change.environment, name),
  );
  return [...kept, ...added];
}

// Shown are only variables that by custom hold no secret: a value does not show whether it is one.
const plainNames = /(^|_)(HOST|PORT|SIDE|REGION|VERSION|RELEASE|STAGE|LOG_LEVEL|READ_ONLY)$/;

const shownValues = (name: string, is: string | undefined, shouldBe: string) =>
  plainNames.test(name) ? {is: is ?? 'not set', shouldBe} : hiddenValues(is, shouldBe);

/** Whether a value changes, and nothing from which it could be guessed. */
export function hiddenValues(is: string | undefined, shouldBe: string) {
  const hidden = 'the new value, which is not shown';
  return {
    is: is === undefined ? 'not set' : is === shouldBe ? hidden : 'another value',
    shouldBe: hidden,
  };
}

/** Keys sorted, lists of named things sorted by name, and nothing that is empty. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    return items.every(hasName) ? items.toSorted(byName) : items;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .map(([key, field]) => [key, canonical(field)] as const)
      .filter(([, field]) => field !== undefined && !(Array.isArray(field) && field.length === 0));
    return Object.fromEntries(fields.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }
  return value ?? undefined;
}

const itemName = (item: unknown): unknown =>
  typeof item === 'object' && item !== null
    ? ((item as {name?: unknown; key?: unknown}).name ?? (item as {key?: unknown}).key) // two fields that may be there
    : undefined;
const hasName = (item: unknown): boolean => typeof itemName(item) === 'string';
const byName = (left: unknown, right: unknown): number =>
  String(itemName(left)) < String(itemName(right)) ? -1 : 1;
