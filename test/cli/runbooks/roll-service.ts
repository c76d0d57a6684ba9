import {defineRunbook} from 'switcharoo';
import {
  deployImage,
  ecsService,
  restoreScaling,
  rolloutCapacity,
  suspendScaling,
} from 'switcharoo/ecs';
import {loadBalancer, shiftWeight, targetsHealthy} from 'switcharoo/elb';
import {z} from 'zod';

export default defineRunbook({
  name: 'roll-service',
  summary: 'Deploy an image to a service, with everything around it that must go back exactly.',
  params: z.object({image: z.string(), port: z.coerce.number()}),
  targets: {service: ecsService, balancer: loadBalancer},
})
  .phase('Roll')
  .step('capacity', rolloutCapacity, {on: {service: 'service'}, input: () => ({desiredCount: 3})})
  .step('suspend-scaling', suspendScaling, {on: {service: 'service'}, input: () => ({})})
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
  .step('restore-scaling', restoreScaling, {
    on: {service: 'service'},
    input: ({outputs}) => ({was: outputs['suspend-scaling'].was}),
  });
