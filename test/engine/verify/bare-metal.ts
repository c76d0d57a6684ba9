import runbook from '../../../runbooks/bare-metal-to-ecs.ts';

/** The simplest cutover, without what only parameters add: each fault is tried on few states. */
export const bareMetal = runbook.expanded({workers: [], schedules: [], documents: []} as never);
