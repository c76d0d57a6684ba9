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

/**
 * With `read_only` still in the cluster parameter group, the first failover after the cutover refuses the
 * application's writes. Also where a person has set it.
 */
export const acceptWritesAfterRestart = defineStep({
  name: 'aurora.accept-writes-after-restart',
  summary:
    'Reset read_only in the cluster parameter group, so that Aurora accepts writes after a reboot too.',
  targets: {aurora: auroraCluster},
  input: z.object({
    /** What the group shall have: the output of `aurora.refuse-writes-after-restart`; `null` for the default. */
    value: z.string().nullable().default(null),
  }),
  before: z.object({value: z.literal(refusing)}),
  output: z.object({}),
  needs: {aurora: parameterRights},
  reverses:
    'Sets read_only in the group again. While Aurora accepts writes, the value takes effect at the next reboot.',
  relies: [{fact: 'writes', of: 'aurora', are: 'accepted'}],
  effects: [],
  timeoutMs: 120_000,
  neverSkip: 'Without it, Aurora refuses the writes of the application after its next failover.',

  async check({targets: {aurora}, input, signal}) {
    const parameter = await aurora.readOnlyParameter(signal);
    if (!parameter) {
      return noCluster(aurora);
    }
    const {group, value} = parameter;
    if (value !== refusing) {
      return done({});
    }
    const obstacle = groupObstacle(aurora, parameter);
    if (obstacle) {
      return obstacle;
    }
    if ((await aurora.fence(signal)).readOnly) {
      return blocked(
        `${aurora.name} refuses writes, and RDS would accept them as soon as the parameter is reset.`,
        'Put this entry after aurora.open-writes, which enables writes.',
      );
    }
    return pending(
      {value: refusing},
      {what: `read_only in ${group}`, is: value, shouldBe: valueText(input.value)},
    );
  },

  plan: async ({targets: {aurora}, input, signal}) => {
    const parameter = await aurora.readOnlyParameter(signal);
    return parameter?.value === refusing ? [setParameter(parameter.group, input.value)] : [];
  },

  reverse: async ({targets: {aurora}, signal}) => {
    const parameter = await aurora.readOnlyParameter(signal);
    return parameter && parameter.value !== refusing
      ? [setParameter(parameter.group, refusing)]
      : [];
  },
});
