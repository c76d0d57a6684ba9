import type {Difference} from '../../../src/index.ts';
import type {RolloutReader} from '../contract.ts';
import {shortName} from '../rollout/state.ts';

interface Look {
  readonly targets: {readonly service: RolloutReader};
  readonly signal: AbortSignal;
}

/** The changes that make a new revision, and the fields of the old one that it cannot have. */
export async function withUnknown(
  {targets: {service}, signal}: Look,
  taskDefinition: string,
  changes: readonly Difference[],
): Promise<readonly Difference[]> {
  if (changes.length === 0) {
    return [];
  }
  const unknown = await service.unknownFields(taskDefinition, signal);
  return [
    ...changes,
    ...unknown.map(({field, value}) => ({
      what: `${field.replace(/^taskDefinition\./, '')} of ${shortName(taskDefinition)}`,
      is: value,
      shouldBe: 'absent: the AWS SDK of this version of switcharoo does not know this field',
    })),
  ];
}
