import {SwitcharooError} from '../../../src/index.ts';
import type {UnknownField} from '../../aws/index.ts';
import type {RolloutCalls} from '../rollout/calls.ts';
import {type Definition, digestOf, type Revision, revisionNumber} from './task-definition.ts';

/** How many revisions of a family are compared before a definition is registered. */
const maxCompared = 25;

type Calls = Pick<RolloutCalls, 'describeRevision' | 'listRevisions'>;

/** The revisions of task definitions. What is in one never changes, so it is read once. */
export class Revisions {
  readonly #calls: Calls;
  readonly #revisions = new Map<string, Revision>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async definition(reference: string, signal: AbortSignal): Promise<Definition> {
    return (await this.#revision(reference, signal)).definition;
  }

  async unknown(reference: string, signal: AbortSignal): Promise<readonly UnknownField[]> {
    return (await this.#revision(reference, signal)).unknown;
  }

  /** The ACTIVE revision that runs the same: itself, or an equal one where it was deregistered. */
  async deployable(reference: string, signal: AbortSignal): Promise<string | undefined> {
    const {definition, isActive} = await this.#calls.describeRevision(reference, signal);
    return isActive ? reference : this.equalTo(definition, signal);
  }

  async #revision(reference: string, signal: AbortSignal): Promise<Revision> {
    const revision =
      this.#revisions.get(reference) ?? (await this.#calls.describeRevision(reference, signal));
    this.#revisions.set(reference, revision);
    return revision;
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
