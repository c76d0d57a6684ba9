import {defineFragment} from 'switcharoo';
import {deployImage, ecsService, imageReady, suspendScaling} from 'switcharoo/ecs';
import * as background from './background.ts';
import {closedSiteParams} from './cutover-params.ts';

/** Before the question: every image can be pulled, and each worker has its image, and no task. */
export const servicesReady = defineFragment(
  {
    params: background.params.extend(
      closedSiteParams.pick({image: true, auroraHost: true, auroraPort: true, steadyMs: true})
        .shape,
    ),
    targets: {service: ecsService},
    earlier: {},
  },
  (runbook) =>
    runbook
      // It belongs to the phase before it.
      .phase('Check the new side')
      .step('image-ready', imageReady, {
        on: {service: 'service'},
        input: ({params}) => ({image: params.image}),
      })
      .each(
        'worker-image',
        background.group('Check the images of workers'),
        imageReady,
        background.imageOf,
      )
      .each(
        'more-images',
        background.servicesGroup('Check the images of further services'),
        imageReady,
        background.imageOf,
      )
      .each(
        'suspend-worker-scaling',
        background.group('Suspend scaling of workers'),
        suspendScaling,
        background.ofWorker,
      )
      // With its own environment, and without a task: none runs before writes are open.
      .each('deploy-worker', background.group('Deploy workers'), deployImage, background.parkOf),
);
