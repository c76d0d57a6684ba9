import {createHash} from 'node:crypto';
import type {RegisterTaskDefinitionCommandInput, TaskDefinition} from '@aws-sdk/client-ecs';
import type {Difference} from '../../../src/index.ts';

/** A task definition as it is registered: no ARN, no revision, tags beside it. */
export type Definition = RegisterTaskDefinitionCommandInput;
type Container = NonNullable<Definition['containerDefinitions']>[number];

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

/** What to register to have the same task definition once more. All other fields are carried over. */
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

export interface WantedContainer {
  readonly container: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The same definition, with another image and these environment variables in one container. */
export function withImage(definition: Definition, wanted: WantedContainer): Definition {
  return {
    ...definition,
    containerDefinitions: definition.containerDefinitions?.map((container) =>
      container.name === wanted.container
        ? {...container, image: wanted.image, environment: merged(container, wanted)}
        : container,
    ),
  };
}

/** What is not yet as wanted. Values that may be secrets are not shown. */
export function differencesOf(
  definition: Definition,
  wanted: WantedContainer,
): readonly Difference[] {
  const container = containerOf(definition, wanted.container);
  const image: Difference = {
    what: `image of ${wanted.container}`,
    is: container?.image ?? 'none',
    shouldBe: wanted.image,
  };
  const environment = Object.entries(wanted.environment)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, value]) => ({
      what: `environment ${name}`,
      ...shown(name, container?.environment?.find((one) => one.name === name)?.value, value),
    }));
  return [
    ...(image.is === image.shouldBe ? [] : [image]),
    ...environment.filter(({is, shouldBe}) => is !== shouldBe),
  ];
}

export const containerOf = (definition: Definition, name: string): Container | undefined =>
  definition.containerDefinitions?.find((container) => container.name === name);

/** The container that is meant: the named one, else the only one, else the only one with a port. */
export function chosenContainer(definition: Definition, named?: string): string | undefined {
  const all = definition.containerDefinitions ?? [];
  const serving = all.filter(({portMappings}) => (portMappings?.length ?? 0) > 0);
  const candidates =
    named !== undefined ? all.filter(({name}) => name === named) : all.length === 1 ? all : serving;
  return candidates.length === 1 ? candidates[0]?.name : undefined;
}

/** Of `…:task-definition/web:7` it is 7. */
export const revisionNumber = (arn: string): number => Number(arn.slice(arn.lastIndexOf(':') + 1));

/** The same for equal definitions, however ECS orders and fills them. */
export function digestOf(definition: Definition): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(definition)))
    .digest('hex');
}

function merged({environment = []}: Container, wanted: WantedContainer): Container['environment'] {
  const given = Object.entries(wanted.environment).map(([name, value]) => ({name, value}));
  const kept = environment.filter(
    ({name}) => name === undefined || !Object.hasOwn(wanted.environment, name),
  );
  return [...kept, ...given];
}

// Only names that by custom hold no secret are shown: what a variable holds cannot be told from its value.
const plainNames = /(^|_)(HOST|PORT|SIDE|REGION|VERSION|RELEASE|STAGE|LOG_LEVEL|READ_ONLY)$/;

const shown = (name: string, is: string | undefined, shouldBe: string) =>
  plainNames.test(name) ? {is: is ?? 'not set', shouldBe} : hiddenValues(is, shouldBe);

/** Whether it changes, and nothing from which a value could be guessed. */
export function hiddenValues(is: string | undefined, shouldBe: string) {
  const wanted = 'the wanted value, which is not shown';
  return {
    is: is === undefined ? 'not set' : is === shouldBe ? wanted : 'another value',
    shouldBe: wanted,
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
    return Object.fromEntries(fields.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }
  return value ?? undefined;
}

const nameOf = (item: unknown): unknown =>
  typeof item === 'object' && item !== null
    ? ((item as {name?: unknown; key?: unknown}).name ?? (item as {key?: unknown}).key) // a look at two fields that may be there
    : undefined;
const hasName = (item: unknown): boolean => typeof nameOf(item) === 'string';
const byName = (one: unknown, other: unknown): number =>
  String(nameOf(one)) < String(nameOf(other)) ? -1 : 1;
