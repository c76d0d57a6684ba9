import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, type Look, pending} from '../../src/index.ts';
import {idText} from './api/problems.ts';
import type {Schedule, SchedulerWriter} from './contract.ts';
import {eventScheduler} from './target.ts';

const targets = {scheduler: eventScheduler};

const input = z.object({
  group: z.string().min(1).default('default'),
  names: z.array(z.string().min(1)).min(1),
});

/** The names of those that were disabled. */
const before = z.object({disabled: z.array(z.string())});

type SchedulesLook = Look<typeof targets, z.output<typeof input>>;

/**
 * Enables schedules of the new side that wait disabled. Placed after the entry that opens writes, its reversal comes
 * before the one that refuses them. What a schedule has started already runs to its end.
 */
export const enableSchedules = defineStep({
  name: 'scheduler.enable-schedules',
  summary: 'Enable schedules of EventBridge Scheduler.',
  targets,
  input,
  before,
  output: z.object({enabled: z.array(z.string())}),
  reverses: 'Disables the schedules that this step enabled, and no others.',
  needs: {
    scheduler: [
      'scheduler:GetSchedule',
      'scheduler:ListSchedules',
      'scheduler:UpdateSchedule',
      'iam:PassRole (the role with which each schedule starts its target)',
    ],
  },
  effects: [{fact: 'workers', of: 'scheduler', are: 'running'}],
  timeoutMs: 60_000,

  async check(look) {
    const schedules = await readAll(look, look.input.names);
    const recorded = before.safeParse(look.run.before);
    const own = look.run.started && recorded.success ? recorded.data.disabled : undefined;
    const obstacle = look.run.started ? undefined : await obstacleIn(look, schedules);
    if (obstacle) {
      return obstacle;
    }
    const mine = schedules.filter(({name}) => own?.includes(name) ?? true);
    const disabled = mine.filter(({enabled}) => !enabled);
    if (disabled.length === 0) {
      const deleted = (own ?? []).filter(
        (name) => !mine.some((schedule) => schedule.name === name),
      );
      return done(
        {enabled: mine.map(({name}) => name)},
        ...deleted.map(
          (name) => `The schedule ${name} has been deleted since, or has deleted itself.`,
        ),
      );
    }
    // One that was deleted meanwhile is no drift.
    const isRestored = own !== undefined && disabled.length === mine.length;
    return pending(
      {disabled: isRestored ? [...own] : disabled.map(({name}) => name)},
      ...disabled.map((schedule) => ({
        what: `schedule ${idText(schedule)}, ${schedule.expression}`,
        is: 'disabled',
        shouldBe: 'enabled',
      })),
    );
  },

  async plan(look, {disabled}) {
    const schedules = await readAll(look, disabled);
    return schedules.filter(({enabled}) => !enabled).map((each) => setting(each, true, look.now));
  },

  async reverse(look, {disabled}) {
    const schedules = await readAll(look, disabled);
    return schedules.filter(({enabled}) => enabled).map((each) => setting(each, false, look.now));
  },
});

async function readAll(
  {input: {group}, targets: {scheduler}, signal}: SchedulesLook,
  names: readonly string[],
): Promise<readonly Schedule[]> {
  const all = await Promise.all(names.map((name) => scheduler.schedule({group, name}, signal)));
  return all.flatMap((schedule) => schedule ?? []);
}

/** What speaks against a start, all schedules together. */
async function obstacleIn(
  look: SchedulesLook,
  schedules: readonly Schedule[],
): Promise<Blocked | undefined> {
  const {input, targets, now} = look;
  const {scheduler} = targets;
  const listOf = (some: readonly Schedule[]) => some.map(idText).join(', ');
  const missing = input.names.filter((name) => !schedules.some((each) => each.name === name));
  if (missing.length > 0) {
    const others = await scheduler.names(input.group, look.signal);
    return blocked(
      `Group ${input.group} of ${scheduler.name} has no schedule ${missing.join(', ')}; it has ${others.slice(0, 5).join(', ') || 'none'}.`,
      `Correct the names in the runbook: aws scheduler list-schedules --group-name ${input.group}`,
    );
  }
  const enabled = schedules.filter((each) => each.enabled);
  if (enabled.length > 0) {
    return blocked(
      `Already enabled, and not by this run: ${listOf(enabled)}.`,
      'Check which database they write to. Disable them until writes are open, or remove them from the input "names".',
    );
  }
  const over = schedules.filter(({endsAt}) => endsAt !== undefined && endsAt <= now);
  if (over.length > 0) {
    return blocked(
      `Past the end date, so nothing would be started: ${listOf(over)}.`,
      'Correct the end date of each, or remove it from the input "names".',
    );
  }
  const partial = schedules.find(({unknown}) => unknown.length > 0);
  return (
    partial &&
    blocked(
      `The schedule ${idText(partial)} has fields that this version of switcharoo does not know: ${partial.unknown.join(', ')}. An update would clear them.`,
      'Have a person enable it with operator.by-hand, or update @aws-sdk/client-scheduler.',
    )
  );
}

const setting = (schedule: Schedule, enabled: boolean, now: Date) => ({
  on: 'scheduler' as const,
  does: `${enabled ? 'enable' : 'disable'} the schedule ${idText(schedule)}`,
  perform: (writer: SchedulerWriter, signal: AbortSignal) =>
    writer.setEnabled(schedule, enabled, {now, signal}),
});
