import {type Blocked, blocked, type Difference} from '../../../src/index.ts';
import {shortName} from '../rollout/state.ts';
import {containerOf, type Definition, environmentValue, hiddenValues} from './task-definition.ts';

/** What changes in one container of a task definition. Values of `environment` may be secrets. */
export interface ContainerChange {
  readonly container: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `valueFrom` by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The same definition with these changes. All other fields of its containers stay. */
export function withContainers(
  definition: Definition,
  changes: readonly ContainerChange[],
): Definition {
  return {
    ...definition,
    containerDefinitions: definition.containerDefinitions?.map((container) => {
      const change = changes.find(({container: name}) => name === container.name);
      return change ? {...container, ...merged(container, change)} : container;
    }),
  };
}

type Container = NonNullable<Definition['containerDefinitions']>[number];

/** A name is either a plain value or a secret: ECS refuses a container that has it as both. */
function merged(container: Container, {image, environment, secrets}: ContainerChange) {
  const isNew = ({name}: {readonly name?: string | undefined}) =>
    name !== undefined && (Object.hasOwn(environment, name) || Object.hasOwn(secrets, name));
  const kept = <Named extends {readonly name?: string | undefined}>(all: readonly Named[] = []) =>
    all.filter((entry) => !isNew(entry));
  const values = Object.entries(environment).map(([name, value]) => ({name, value}));
  const references = Object.entries(secrets).map(([name, valueFrom]) => ({name, valueFrom}));
  return {
    image,
    environment: [...kept(container.environment), ...values],
    secrets: [...kept(container.secrets), ...references],
  };
}

/** No plain value is shown, nor a digest of it: a short secret could be guessed from one. */
export function containerDifferences(
  definition: Definition,
  changes: readonly ContainerChange[],
): readonly Difference[] {
  return changes.flatMap(({container, image, environment, secrets}) => {
    const now = containerOf(definition, container);
    const values = Object.entries(environment).map(([name, value]) => ({
      what: `${container} environment ${name}`,
      ...hiddenValues(environmentValue(now, name), value),
    }));
    const references = Object.entries(secrets).map(([name, valueFrom]) => ({
      what: `${container} secret ${name}`,
      is: now?.secrets?.findLast((secret) => secret.name === name)?.valueFrom ?? 'not set',
      shouldBe: valueFrom,
    }));
    return [
      {what: `image of ${container}`, is: now?.image ?? 'none', shouldBe: image},
      ...[...values, ...references].toSorted((left, right) => left.what.localeCompare(right.what)),
    ].filter(({is, shouldBe}) => is !== shouldBe);
  });
}

/** A text of AWS without the values of these containers: an error may quote one. */
export function withoutValues(text: string, changes: readonly ContainerChange[]): string {
  const values = changes.flatMap(({environment}) => Object.values(environment));
  return values
    .filter((value) => value.length > 3)
    .toSorted((left, right) => right.length - left.length)
    .reduce((redacted, value) => redacted.replaceAll(value, '[redacted]'), text);
}

/** One of the containers is not in the task definition that the service runs. */
export function containerMissing(
  service: string,
  arn: string,
  definition: Definition,
  containers: readonly string[],
): Blocked | undefined {
  const missing = containers.find((name) => !containerOf(definition, name));
  const names = definition.containerDefinitions?.map(({name}) => name) ?? [];
  return missing === undefined
    ? undefined
    : blocked(
        `Task definition ${shortName(arn)} of the ${service} has no container ${missing}; it has ${names.length}: ${names.join(', ')}.`,
        'Correct the name of the container.',
      );
}
