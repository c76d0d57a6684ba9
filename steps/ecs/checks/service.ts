import {type Observation, observedIn, preflightOf} from '../../../src/index.ts';
import type {ServiceReader} from '../contract.ts';
import {unsupported} from '../rollout/obstacles.ts';
import type {Snapshot} from '../rollout/state.ts';
import {judgeRollout} from '../rollout/verdict.ts';

/** What every deployment to a service needs. */
export const servicePreflight = preflightOf<ServiceReader>([
  {
    name: 'service-not-deployable',
    severity: 'blocks',
    expects: 'The service is ACTIVE, and ECS itself deploys it.',
    consequence: 'No step can deploy to it.',
    fix: 'Change the service, or its name in the inventory, as the finding says.',
    find: async (service, signal) => {
      const snapshot = await service.snapshot(signal);
      return observedIn(unsupported(service.name, snapshot.service));
    },
  },
  {
    name: 'rollout-failed',
    severity: 'blocks',
    expects: 'The last rollout of the service did not fail.',
    consequence: 'A deployment waits for a steady service, and is blocked.',
    fix: 'Deploy an image that works, and wait until the service is steady.',
    find: async (service, signal) => failedRollout(service.name, await service.snapshot(signal)),
  },
]);

function failedRollout(name: string, snapshot: Snapshot): readonly Observation[] {
  const rollout = judgeRollout(snapshot);
  return rollout.kind === 'failed' ? [{is: `on the ${name}, ${rollout.reason}`}] : [];
}
