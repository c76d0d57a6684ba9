import {z} from 'zod';
import {blocked, defineStep, done, pending} from '../../src/index.ts';
import {
  groupObstacle,
  noCluster,
  parameterRights,
  refusing,
  setParameter,
  valueText,
} from './cluster/parameter-change.ts';
import {auroraCluster} from './target.ts';

const before = z.object({
  /** `read_only` of the group; `null` for the family's default. */
  value: z.string().nullable(),
});

/**
 * `read_only` that `mysql.rds_set_read_only` sets is lost with a reboot and a failover (Aurora user guide); the cluster
 * parameter is not. It stays until `aurora.accept-writes-after-restart`, right after writes are open.
 */
export const refuseWritesAfterRestart = defineStep({
  name: 'aurora.refuse-writes-after-restart',
  summary:
    'Set read_only in the cluster parameter group, so that Aurora refuses writes after a reboot too.',
  targets: {aurora: auroraCluster},
  input: z.object({}),
  before,
  /** What the group has to have again once writes are open: `null` for the default. */
  output: before,
  needs: {aurora: parameterRights},
  reverses:
    'Restores the former value. While Aurora refuses writes, the value takes effect at the next reboot.',
  relies: [{fact: 'writes', of: 'aurora', are: 'refused'}],
  effects: [],
  timeoutMs: 120_000,

  async check({targets: {aurora}, run, signal}) {
    const parameter = await aurora.readOnlyParameter(signal);
    if (!parameter) {
      return noCluster(aurora);
    }
    const {group, value} = parameter;
    if (value === refusing) {
      const former = before.safeParse(run.before).data ?? {value: null};
      return done(former.value === refusing ? {value: null} : former);
    }
    const obstacle = groupObstacle(aurora, parameter);
    if (obstacle) {
      return obstacle;
    }
    if (!(await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes, and RDS would refuse them as soon as the parameter is set.`,
        `Put this entry after aurora.replicate-from, which disables writes on ${aurora.name}.`,
      );
    }
    return pending(
      {value},
      {what: `read_only in ${group}`, is: valueText(value), shouldBe: refusing},
    );
  },

  plan: async ({targets: {aurora}, signal}) => {
    const parameter = await aurora.readOnlyParameter(signal);
    return parameter && parameter.value !== refusing
      ? [setParameter(parameter.group, refusing)]
      : [];
  },

  reverse: async ({targets: {aurora}, signal}, {value}) => {
    const parameter = await aurora.readOnlyParameter(signal);
    return parameter && parameter.value !== value ? [setParameter(parameter.group, value)] : [];
  },
});
