import type {Service} from './ecs-state.ts';

/**
 * How many tasks may run during a deployment (developer guide, "Rolling update"): rounded down. Where the traffic is
 * shifted, all new tasks start.
 */
export const upperOf = ({desiredCount, maximumPercent, options}: Service): number =>
  options.strategy ? Number.POSITIVE_INFINITY : Math.floor((desiredCount * maximumPercent) / 100);

/** How many healthy ones must run: rounded up. */
export const lowerOf = ({desiredCount, minimumHealthyPercent}: Service): number =>
  Math.ceil((desiredCount * minimumHealthyPercent) / 100);
