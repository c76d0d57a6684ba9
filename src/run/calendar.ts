import type {Inventory} from '../inventory/inventory.ts';
import {targetMissing} from '../inventory/problems.ts';
import type {CalendarState, ChangeCalendar} from '../model/change-calendar.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {kindsOf} from './inventory-targets.ts';
import type {OpenedWorld} from './open-world.ts';

/** What the calendar of a window says now, or why that is not known. */
export type CalendarAnswer = {readonly name: string} & (CalendarState | {readonly unknown: string});

const limitMs = 20_000;

/** Asks the calendar that the window of an inventory names, if it names one. */
export async function askCalendar(
  {inventory, openByName}: Pick<OpenedWorld, 'inventory' | 'openByName'>,
  signal: AbortSignal,
): Promise<CalendarAnswer | undefined> {
  const name = inventory.window?.calendar;
  if (name === undefined) {
    return undefined;
  }
  const kind = (await kindsOf(inventory))[name];
  if (!kind) {
    throw new SwitcharooError(targetMissing(name, 'change-calendar', inventory));
  }
  try {
    const {reader} = await openByName(name, kind);
    if (!isCalendar(reader)) {
      throw new SwitcharooError(notACalendar(name, kind.kind, inventory));
    }
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    return {name: reader.name, ...(await reader.state(limited))};
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SwitcharooError && error.problem.code === 'calendar-wrong-kind') {
      throw error;
    }
    return {name: `change calendar ${name}`, unknown: messageOf(error)};
  }
}

const isCalendar = (reader: unknown): reader is ChangeCalendar =>
  typeof reader === 'object' && reader !== null && 'state' in reader && 'name' in reader;

const notACalendar = (name: string, kind: string, {file}: Inventory): Problem => ({
  code: 'calendar-wrong-kind',
  message: `The calendar ${name} in the window of ${file} is a target of the kind ${kind}, which is not a calendar.`,
  hint: 'Name a target of the kind change-calendar, or the ARN of a calendar.',
});
