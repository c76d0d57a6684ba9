import {Temporal} from 'temporal-polyfill';
import {z} from 'zod';
import type {CalendarState} from '../model/change-calendar.ts';

const localTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d)?$/, 'a time without a zone, such as 2026-12-05T02:00');

const timeZone = z
  .string()
  .refine(isTimeZone, 'the name of a time zone, such as Europe/Berlin or UTC')
  .default('UTC');

/** When a cutover may happen. Local times of `timeZone`. */
export const windowShape = z
  .strictObject({
    from: localTime.exactOptional(),
    until: localTime.exactOptional(),
    timeZone,
    /** A change calendar that is asked, too: its ARN, or a target of the kind change-calendar. */
    calendar: z.string().exactOptional(),
    /** Nothing is cut over meanwhile, within the window either. */
    freezes: z
      .array(z.strictObject({from: localTime, until: localTime, because: z.string()}))
      .default([]),
  })
  .superRefine(({freezes, ...all}, context) => {
    for (const {from, until} of [all, ...freezes]) {
      const [begin, end] = [from, until].map((time) => time && instantOf(time, all.timeZone));
      if (begin === null || end === null) {
        context.addIssue(
          `${begin === null ? from : until} is not one moment in ${all.timeZone}: it does not exist, or a clock change repeats it.`,
        );
      } else if (begin && end && begin >= end) {
        context.addIssue(`${until} is not after ${from}.`);
      }
    }
  });

type Window = z.output<typeof windowShape>;

/** How a moment lies to a window. */
export interface WindowState {
  readonly isOpen: boolean;
  /** Why it is closed, or until when it is open, in a sentence. */
  readonly text: string;
  /** When it closes next. */
  readonly until?: Date;
  /** A calendar that must be asked gave no answer. */
  readonly isUnknown?: true;
}

/** Whether something may be cut over at a moment. Its times were checked when the inventory was read. */
export function windowAt({from, until, timeZone: zone, freezes}: Window, now: Date): WindowState {
  const say = (time: string) => timeText(time, zone);
  const freeze = freezes.find((each) => isIn(each, zone, now));
  if (freeze) {
    const text = `Nothing may be cut over until ${say(freeze.until)}: ${freeze.because}.`;
    return {isOpen: false, text};
  }
  if (from !== undefined && now < dateOf(from, zone)) {
    return {isOpen: false, text: `The window opens at ${say(from)}.`};
  }
  if (until !== undefined && now >= dateOf(until, zone)) {
    return {isOpen: false, text: `The window closed at ${say(until)}.`};
  }
  const ends = [...(until === undefined ? [] : [until]), ...freezes.map((each) => each.from)];
  const next = ends
    .filter((time) => dateOf(time, zone) > now)
    .sort((a, b) => (dateOf(a, zone) < dateOf(b, zone) ? -1 : 1))[0];
  return next === undefined
    ? {isOpen: true, text: 'The window is open, and has no end.'}
    : {isOpen: true, text: `The window is open until ${say(next)}.`, until: dateOf(next, zone)};
}

/** A time in which the local times of a window let nothing be cut over. */
export interface ClosedTime {
  /** Without it: always before. */
  readonly fromUtc?: string;
  /** Without it: for ever. */
  readonly untilUtc?: string;
  /** When it ends, for people. */
  readonly until: string;
}

/** All of them, as they can be asked without a time zone. */
export function closedTimes({from, until, timeZone: zone, freezes}: Window): readonly ClosedTime[] {
  const utc = (time: string) => dateOf(time, zone).toISOString();
  return [
    ...(from === undefined ? [] : [{untilUtc: utc(from), until: timeText(from, zone)}]),
    ...freezes.map((freeze) => ({
      ...{fromUtc: utc(freeze.from), untilUtc: utc(freeze.until)},
      until: `${timeText(freeze.until, zone)}: ${freeze.because}`,
    })),
    ...(until === undefined
      ? []
      : [{fromUtc: utc(until), until: 'it is changed in the inventory'}]),
  ];
}

/** The closed time of a moment that ends later; `undefined` when the window is open, or is over for good. */
export function closedNow(times: readonly ClosedTime[], now: Date): ClosedTime | undefined {
  const nowUtc = now.toISOString();
  const current = times.filter(
    ({fromUtc = '', untilUtc}) =>
      fromUtc <= nowUtc && (untilUtc === undefined || nowUtc < untilUtc),
  );
  return isOverForGood(times, now)
    ? undefined
    : current.toSorted((a, b) => ((a.untilUtc ?? '') < (b.untilUtc ?? '') ? 1 : -1))[0];
}

/** It does not open again. */
export const isOverForGood = (times: readonly ClosedTime[], now: Date): boolean =>
  times.some(({fromUtc = '', untilUtc}) => untilUtc === undefined && fromUtc <= now.toISOString());

/** `2026-12-05 02:00 Europe/Berlin (01:00 UTC) to 2026-12-05 06:00 Europe/Berlin (05:00 UTC)` */
export function windowText({from, until, timeZone: zone, calendar, freezes}: Window): string {
  const say = (time: string) => timeText(time, zone);
  return [
    from !== undefined && until !== undefined
      ? `${say(from)} to ${say(until)}`
      : from !== undefined
        ? `from ${say(from)}`
        : until !== undefined
          ? `until ${say(until)}`
          : undefined,
    ...freezes.map((freeze) => `not ${say(freeze.from)} to ${say(freeze.until)}`),
    calendar === undefined ? undefined : `when the calendar ${calendar} is open`,
  ]
    .filter((text) => text !== undefined)
    .join(', ');
}

/** The same, with what a change calendar says. Whichever closes first, closes it. */
export function withCalendar(
  window: WindowState,
  {name, ...answer}: {readonly name: string} & (CalendarState | {readonly unknown: string}),
): WindowState {
  if (!window.isOpen) {
    return window;
  }
  if ('unknown' in answer) {
    const text = `It is not known whether the ${name} is open: ${answer.unknown.replace(/\.$/, '')}.`;
    return {isOpen: false, isUnknown: true, text};
  }
  const {isOpen, nextChange} = answer;
  if (!isOpen) {
    const until = nextChange ? ` until ${momentText(nextChange)}` : '';
    return {isOpen: false, text: `The ${name} is closed${until}.`};
  }
  return nextChange && (!window.until || nextChange < window.until)
    ? {
        isOpen: true,
        text: `The window is open until ${momentText(nextChange)}, when the ${name} closes.`,
        until: nextChange,
      }
    : window;
}

/** `2026-12-20 00:00 UTC` */
const momentText = (moment: Date): string =>
  `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const isIn = ({from, until}: {from: string; until: string}, zone: string, now: Date): boolean =>
  dateOf(from, zone) <= now && now < dateOf(until, zone);

const dateOf = (time: string, zone: string): Date => instantOf(time, zone) ?? new Date(Number.NaN);

/** `null` where a clock is set: there is no such time, or there are two. */
function instantOf(time: string, zone: string): Date | null {
  try {
    const zoned = Temporal.PlainDateTime.from(time).toZonedDateTime(zone, {
      disambiguation: 'reject',
    });
    return new Date(zoned.epochMilliseconds);
  } catch {
    return null;
  }
}

/** When the window closes after the next moment at which it is open: at its end, or at the next freeze. */
export function nextClosing(window: Window, now: Date): Date | undefined {
  const {from, freezes, timeZone: zone} = window;
  const openings = [...(from === undefined ? [] : [from]), ...freezes.map(({until}) => until)]
    .map((time) => dateOf(time, zone))
    .filter((at) => at > now)
    .toSorted((a, b) => Number(a) - Number(b));
  return [now, ...openings].map((at) => windowAt(window, at)).find(({isOpen}) => isOpen)?.until;
}

/** The minute of a moment in a time zone: `2026-12-05 01:58 Europe/Berlin (00:58 UTC)`. */
export function minuteText(moment: Date, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(zone);
  const [day = '', hour = ''] = local.toPlainDateTime().toString().slice(0, 16).split('T');
  return zonedText({day, hour, zone, moment});
}

/** `2026-12-05 02:00 Europe/Berlin (01:00 UTC)` */
function timeText(time: string, zone: string): string {
  const [day = '', hour = '00:00'] = time.split('T');
  return zonedText({day, hour, zone, moment: dateOf(time, zone)});
}

interface ZonedMinute {
  readonly day: string;
  readonly hour: string;
  readonly zone: string;
  readonly moment: Date;
}

function zonedText({day, hour, zone, moment}: ZonedMinute): string {
  const utc = moment.toISOString();
  const utcText = utc.startsWith(day) ? utc.slice(11, 16) : utc.slice(0, 16).replace('T', ' ');
  return `${day} ${hour} ${zone}${zone === 'UTC' ? '' : ` (${utcText} UTC)`}`;
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
