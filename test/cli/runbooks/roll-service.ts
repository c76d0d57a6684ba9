import {defineRunbook} from 'switcharoo';
import {deployImage} from 'switcharoo/steps/ecs/deploy-image';
import {restoreScaling} from 'switcharoo/steps/ecs/restore-scaling';
import {rolloutCapacity} from 'switcharoo/steps/ecs/rollout-capacity';
import {suspendScaling} from 'switcharoo/steps/ecs/suspend-scaling';
import {ecsService} from 'switcharoo/steps/ecs/target';
import {shiftWeight} from 'switcharoo/steps/elb/shift-weight';
import {loadBalancer} from 'switcharoo/steps/elb/target';
import {targetsHealthy} from 'switcharoo/steps/elb/targets-healthy';
import {z} from 'zod';

export default defineRunbook({
  name: 'roll-service',
  summary: 'Deploy an image to a service, with everything around it that must go back exactly.',
  params: z.object({image: z.string(), port: z.coerce.number()}),
  targets: {service: ecsService, balancer: loadBalancer},
})
  .phase('Roll')
  .step('room', rolloutCapacity, {on: {service: 'service'}, input: () => ({desiredCount: 3})})
  .step('hold-scaling', suspendScaling, {on: {service: 'service'}, input: () => ({})})
  .step('deploy', deployImage, {
    on: {service: 'service'},
    input: ({params}) => ({
      image: params.image,
      environment: {},
      desiredCount: 3,
      steadyMs: 300,
    }),
  })
  .step('healthy', targetsHealthy, {
    on: {balancer: 'balancer'},
    input: ({params}) => ({port: params.port, host: 'www.shop.test', healthyMin: 2}),
    after: ['deploy'],
  })
  .step('weights', shiftWeight, {
    on: {balancer: 'balancer'},
    input: ({params}) => ({port: params.port, weights: {shop: 100, canary: 0}}),
  })
  .step('free-scaling', restoreScaling, {
    on: {service: 'service'},
    input: ({outputs}) => ({was: outputs['hold-scaling'].was}),
  });
