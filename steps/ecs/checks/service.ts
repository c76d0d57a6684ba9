import {type Observation, observedIn, type Preflight, survey} from '../../../src/index.ts';
import type {ServiceReader} from '../contract.ts';
import {unsupported} from '../rollout/obstacles.ts';
import type {Snapshot} from '../rollout/state.ts';
import {judgeRollout} from '../rollout/verdict.ts';

const checks = [
  {
    name: 'service-not-deployable',
    severity: 'blocks',
    expects: 'The service is ACTIVE, and ECS itself deploys it.',
    consequence: 'No step can deploy to it.',
    fix: 'Change the service, or its name in the inventory, as the finding says.',
    find: (name: string, {service}: Snapshot) => observedIn(unsupported(name, service)),
  },
  {
    name: 'rollout-failed',
    severity: 'blocks',
    expects: 'The last rollout of the service did not fail.',
    consequence: 'A deployment waits for a steady service, and is blocked.',
    fix: 'Deploy an image that works, and wait until the service is steady.',
    find: failedRollout,
  },
] as const;

/** What every deployment to a service needs. Its state is read once: where it cannot be read, that is one finding. */
export const servicePreflight: Preflight<ServiceReader> = {
  checks,
  look: async (service, _others, signal) => {
    const [first, ...others] = checks;
    const {name} = service;
    const reading = service.snapshot(signal);
    const {findings} = await survey([first], '', async () => first.find(name, await reading));
    const seen = await reading.catch(() => undefined);
    const more = seen && (await survey(others, '', async ({find}) => find(name, seen)));
    return {findings: [...findings, ...(more?.findings ?? [])], checksMade: checks.length};
  },
};

function failedRollout(name: string, snapshot: Snapshot): readonly Observation[] {
  // What is not deployed by ECS, or is being deleted, has no rollout to judge.
  if (unsupported(name, snapshot.service)) {
    return [];
  }
  const rollout = judgeRollout(snapshot);
  return rollout.kind === 'failed' ? [{is: `on the ${name}, ${rollout.reason}`}] : [];
}
