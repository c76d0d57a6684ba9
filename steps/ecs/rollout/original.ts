import type {Difference} from '../../../src/index.ts';
import {digestOf} from '../revision/task-definition.ts';
import {shortName} from './state.ts';
import {type Before, before, type RolloutLook, type ServiceAction} from './step.ts';

// A service runs on with a revision that was deregistered, but cannot be updated to it: what a reversal needs is
// registered again before the service is updated.

/** The revision of the before-image, where the service runs an equal one because that one was deregistered. */
export async function originalOf(look: RolloutLook, running: string): Promise<string> {
  const {
    run,
    targets: {service},
    signal,
  } = look;
  const image = before.safeParse(run.before);
  const original = image.success ? image.data.taskDefinition : running;
  if (original === running) {
    return running;
  }
  const definitions = await Promise.all(
    [original, running].map((reference) => service.taskDefinition(reference, signal)),
  );
  const [first, second] = definitions.map(digestOf);
  const isStandIn = first === second && (await service.deployable(original, signal)) !== original;
  return isStandIn ? original : running;
}

/** What is missing for a reversal. */
export async function missingOriginal(
  {targets: {service}, signal}: RolloutLook,
  original: string,
): Promise<readonly Difference[]> {
  return (await service.deployable(original, signal)) === undefined
    ? [
        {
          what: `${shortName(original)}, which a reversal needs`,
          is: 'deregistered',
          shouldBe: 'registered again',
        },
      ]
    : [];
}

export async function registeringOriginal(
  {targets: {service}, signal}: Pick<RolloutLook, 'targets' | 'signal'>,
  {taskDefinition}: Before,
): Promise<readonly ServiceAction[]> {
  if ((await service.deployable(taskDefinition, signal)) !== undefined) {
    return [];
  }
  const definition = await service.taskDefinition(taskDefinition, signal);
  return [
    {
      on: 'service',
      does: `register ${shortName(taskDefinition)} again: it was deregistered, and a reversal needs it`,
      perform: (writer, performSignal) => writer.register(definition, performSignal),
    },
  ];
}
