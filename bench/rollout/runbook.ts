import {defineRunbook} from 'switcharoo';
import {deployImage, ecsService} from 'switcharoo/ecs';
import {z} from 'zod';

export default defineRunbook({
  name: 'rollout',
  summary: 'One rollout, to be watched.',
  params: z.object({}),
  targets: {service: ecsService},
})
  .phase('Roll')
  .step('deploy', deployImage, {
    on: {service: 'service'},
    input: () => ({image: 'shop:2', environment: {}, desiredCount: 4, steadyMs: 3_000}),
    timeoutMs: 8_000,
  });
