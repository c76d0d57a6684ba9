import {z} from 'zod';
import {defineStep, done, type Look, pending} from '../../src/index.ts';
import {alarmChoice, missingAlarms} from './alarms/choice.ts';
import {setting, settingRights} from './alarms/setting.ts';
import type {Alarm} from './contract.ts';
import {cloudWatch} from './target.ts';

const targets = {cloudwatch: cloudWatch};
type MuteLook = Look<typeof targets, z.output<typeof alarmChoice>>;

const before = z.object({acting: z.array(z.string())});

/**
 * Nobody is called at night for an outage that is planned. The states of the alarms change as before; only their
 * actions are kept back. Exactly those that acted before are let act again.
 */
export const muteAlarms = defineStep({
  name: 'cloudwatch.mute-alarms',
  summary: 'Disable the actions of CloudWatch alarms, of metric and composite alarms alike.',
  targets,
  input: alarmChoice,
  before,
  /** For cloudwatch.unmute-alarms. */
  output: z.object({muted: z.array(z.string())}),
  reverses: 'Enables the actions of the alarms that this step disabled, and of no other alarm.',
  needs: {cloudwatch: settingRights},
  effects: [{fact: 'alarms', of: 'cloudwatch', are: 'muted'}],
  timeoutMs: 60_000,

  async check(look) {
    const {run, input, targets} = look;
    const alarms = await targets.cloudwatch.alarms(input, look.signal);
    const missing = run.started
      ? undefined
      : missingAlarms(targets.cloudwatch, input.names, alarms);
    if (missing) {
      return missing;
    }
    const acting = actingOf(look, alarms);
    return acting.length === 0
      ? done({muted: [...(recordedIn(look) ?? [])]})
      : pending(
          {acting},
          ...acting.map((name) => ({
            what: `actions of alarm ${name}`,
            is: 'enabled',
            shouldBe: 'disabled',
          })),
        );
  },

  async plan(look, {acting}) {
    const alarms = await look.targets.cloudwatch.alarms({names: acting}, look.signal);
    const names = alarms.filter(({actsOnChanges}) => actsOnChanges).map(({name}) => name);
    return names.length === 0 ? [] : [setting(names, false)];
  },

  async reverse(look, {acting}) {
    const alarms = await look.targets.cloudwatch.alarms({names: acting}, look.signal);
    const names = alarms.filter(({actsOnChanges}) => !actsOnChanges).map(({name}) => name);
    return names.length === 0 ? [] : [setting(names, true)];
  },
});

/**
 * Once it has started, only those that it has recorded: what it disables beside them, it could not enable again. Alarms
 * that were deleted meanwhile are no drift.
 */
function actingOf(look: MuteLook, alarms: readonly Alarm[]): string[] {
  const own = recordedIn(look);
  const mine = alarms.filter(({name}) => own === undefined || own.includes(name));
  const acting = mine.filter(({actsOnChanges}) => actsOnChanges).map(({name}) => name);
  const isRestored = mine.length > 0 && acting.length === mine.length;
  return own !== undefined && isRestored ? [...own] : acting;
}

function recordedIn({run}: MuteLook): readonly string[] | undefined {
  const image = before.safeParse(run.before);
  return image.success ? image.data.acting : undefined;
}
