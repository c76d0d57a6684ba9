import {SwitcharooError} from '../../../src/index.ts';
import type {RolloutCalls} from '../rollout/calls.ts';
import {type Definition, digestOf, revisionNumber} from './task-definition.ts';

/** How many revisions of a family are compared before a definition is registered. */
const maxCompared = 25;

type Calls = Pick<RolloutCalls, 'describeTaskDefinition' | 'listRevisions'>;

/** The revisions of task definitions. A revision never changes, so each one is read once. */
export class Revisions {
  readonly #calls: Calls;
  readonly #definitions = new Map<string, Definition>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async definition(reference: string, signal: AbortSignal): Promise<Definition> {
    const definition =
      this.#definitions.get(reference) ??
      (await this.#calls.describeTaskDefinition(reference, signal));
    this.#definitions.set(reference, definition);
    return definition;
  }

  equalTo(definition: Definition, signal: AbortSignal): Promise<string | undefined> {
    const digest = digestOf(definition);
    return this.where(definition.family, (revision) => digestOf(revision) === digest, signal);
  }

  async where(
    family: string | undefined,
    matches: (definition: Definition, arn: string) => boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const revisions = await this.#calls.listRevisions(family ?? '', signal);
    for (const arn of revisions.slice(0, maxCompared)) {
      if (matches(await this.definition(arn, signal), arn)) {
        return arn;
      }
    }
    return undefined;
  }

  async newest(family: string | undefined, signal: AbortSignal): Promise<number> {
    const revisions = await this.#calls.listRevisions(family ?? '', signal);
    return Math.max(0, ...revisions.map(revisionNumber));
  }
}

/** Somebody deregistered the revision that this run registered. */
export const revisionMissing = (service: string, family: string): SwitcharooError =>
  new SwitcharooError({
    code: 'ecs-task-definition-missing',
    message: `Family ${family} has no ACTIVE revision with what ${service} is to run.`,
    hint: 'It was deregistered meanwhile. Resume: the run registers it again.',
  });
