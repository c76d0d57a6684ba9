import {defineRunbook} from 'switcharoo';
import {deployImage} from 'switcharoo/steps/ecs/deploy-image';
import {ecsService} from 'switcharoo/steps/ecs/target';
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
