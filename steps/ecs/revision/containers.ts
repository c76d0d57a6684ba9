import type {Difference} from '../../../src/index.ts';
import {containerOf, type Definition, hiddenValues} from './task-definition.ts';

/** What one container of a task definition is to be. Values of `environment` may be secrets. */
export interface WantedContainer {
  readonly container: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `valueFrom` by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The same definition with these containers. What they are not told they keep. */
export function withContainers(
  definition: Definition,
  wanted: readonly WantedContainer[],
): Definition {
  return {
    ...definition,
    containerDefinitions: definition.containerDefinitions?.map((container) => {
      const mine = wanted.find((one) => one.container === container.name);
      return mine ? {...container, ...merged(container, mine)} : container;
    }),
  };
}

type Container = NonNullable<Definition['containerDefinitions']>[number];

/** A name is either a plain value or a secret: ECS refuses a container that has it as both. */
function merged(container: Container, {image, environment, secrets}: WantedContainer) {
  const isNew = ({name}: {readonly name?: string | undefined}) =>
    name !== undefined && (Object.hasOwn(environment, name) || Object.hasOwn(secrets, name));
  const kept = <Named extends {readonly name?: string | undefined}>(all: readonly Named[] = []) =>
    all.filter((one) => !isNew(one));
  const values = Object.entries(environment).map(([name, value]) => ({name, value}));
  const references = Object.entries(secrets).map(([name, valueFrom]) => ({name, valueFrom}));
  return {
    image,
    environment: [...kept(container.environment), ...values],
    secrets: [...kept(container.secrets), ...references],
  };
}

/** What is not yet as wanted. No plain value is shown, nor a digest of it: a short secret could be guessed from one. */
export function containerDifferences(
  definition: Definition,
  wanted: readonly WantedContainer[],
): readonly Difference[] {
  return wanted.flatMap(({container, image, environment, secrets}) => {
    const now = containerOf(definition, container);
    const values = Object.entries(environment).map(([name, value]) => ({
      what: `${container} environment ${name}`,
      ...hiddenValues(now?.environment?.find((one) => one.name === name)?.value, value),
    }));
    const references = Object.entries(secrets).map(([name, valueFrom]) => ({
      what: `${container} secret ${name}`,
      is: now?.secrets?.find((one) => one.name === name)?.valueFrom ?? 'not set',
      shouldBe: valueFrom,
    }));
    return [
      {what: `image of ${container}`, is: now?.image ?? 'none', shouldBe: image},
      ...[...values, ...references].toSorted((one, other) => one.what.localeCompare(other.what)),
    ].filter(({is, shouldBe}) => is !== shouldBe);
  });
}

/** The text of somebody else, without the values that a container is given: an error may quote one. */
export function withoutValues(text: string, wanted: readonly WantedContainer[]): string {
  const values = wanted.flatMap(({environment}) => Object.values(environment));
  return values
    .filter((value) => value.length > 3)
    .toSorted((one, other) => other.length - one.length)
    .reduce((so, value) => so.replaceAll(value, '[redacted]'), text);
}
