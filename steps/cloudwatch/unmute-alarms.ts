import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {setting, settingRights} from './alarms/setting.ts';
import {cloudWatch} from './target.ts';

/** Ends what cloudwatch.mute-alarms began, when the night is over. Its input is the output of that step. */
export const unmuteAlarms = defineStep({
  name: 'cloudwatch.unmute-alarms',
  summary: 'Enable the actions of CloudWatch alarms again.',
  targets: {cloudwatch: cloudWatch},
  input: z.object({names: z.array(z.string())}),
  before: z.object({muted: z.array(z.string())}),
  output: z.object({}),
  reverses: 'Disables the actions of the alarms that this step enabled, and of no other alarm.',
  needs: {cloudwatch: settingRights},
  effects: [{fact: 'alarms', of: 'cloudwatch', are: 'acting'}],
  timeoutMs: 60_000,

  async check({input, targets: {cloudwatch}, signal}) {
    const alarms = await cloudwatch.alarms(input, signal);
    const muted = alarms.filter(({actsOnChanges}) => !actsOnChanges).map(({name}) => name);
    const deleted = input.names.filter((name) => !alarms.some((alarm) => alarm.name === name));
    return muted.length === 0
      ? done({}, ...deleted.map((name) => `The alarm ${name} has been deleted since.`))
      : pending(
          {muted},
          ...muted.map((name) => ({
            what: `actions of alarm ${name}`,
            is: 'disabled',
            shouldBe: 'enabled',
          })),
        );
  },

  async plan({targets: {cloudwatch}, signal}, {muted}) {
    const alarms = await cloudwatch.alarms({names: muted}, signal);
    const names = alarms.filter(({actsOnChanges}) => !actsOnChanges).map(({name}) => name);
    return names.length === 0 ? [] : [setting(names, true)];
  },

  async reverse({targets: {cloudwatch}, signal}, {muted}) {
    const alarms = await cloudwatch.alarms({names: muted}, signal);
    const names = alarms.filter(({actsOnChanges}) => actsOnChanges).map(({name}) => name);
    return names.length === 0 ? [] : [setting(names, false)];
  },
});
