import type {EngineEvent} from '../../engine/events.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {LastingMap} from '../../model/lasting-map.ts';
import type {Plan} from '../../model/plan.ts';
import {type Progress, progressAfter} from '../../model/progress.ts';
import {noOutage, type Outage, type OutageWindow, outageAfter} from '../../report/outage.ts';

/** All that a screen shows: a fold of what the engine told. */
export interface View {
  readonly progress?: Progress;
  readonly plan?: Plan;
  /** The entry that something happened to last: its phase is the one that is shown whole. */
  readonly last?: string;
  /** What the look of an entry last said, or its action is doing. */
  readonly details: ReadonlyMap<string, string>;
  /** What happened at an entry since its present go began, the newest last. */
  readonly events: ReadonlyMap<string, readonly string[]>;
  /** When the present go at an entry began, forward or back. */
  readonly startedAt: LastingMap<Date>;
  readonly outage: Outage;
  readonly warning?: string;
}

/** More than any terminal has room for. */
const eventsKept = 100;

export const emptyView: View = {
  details: new Map(),
  events: new Map(),
  startedAt: LastingMap.of(),
  outage: noOutage,
};

export function viewAfter(view: View, event: EngineEvent, window?: OutageWindow): View {
  switch (event.kind) {
    case 'planned':
      return {...view, plan: event.plan};
    case 'reverse-planned':
      return view;
    case 'journaled':
      return viewAfterEntry(view, event.entry, window);
    case 'progress':
      return {...view, details: new Map(view.details).set(event.entry, event.text)};
    case 'event':
      return {...view, events: withEvent(view.events, event)};
    case 'warning':
      return {...view, warning: event.problem.message};
  }
}

/** For the entries of a run that goes on: they were journaled before anybody watched. */
export function viewAfterEntry(view: View, entry: JournalEntry, window?: OutageWindow): View {
  const progress = progressAfter(view.progress, entry);
  const told = {...view, ...(progress ? {progress} : {}), ...textsAfter(view, entry)};
  return window && progress ? {...told, outage: outageAfter(view.outage, progress, window)} : told;
}

function textsAfter(view: View, entry: JournalEntry): Partial<View> {
  if (!('entry' in entry) || entry.entry === null) {
    return {};
  }
  const id = entry.entry;
  switch (entry.kind) {
    case 'entry-started':
    case 'entry-reversing':
      return {
        last: id,
        details: withoutKey(view.details, id),
        events: withoutKey(view.events, id),
        startedAt: view.startedAt.with(id, new Date(entry.atUtc)),
      };
    case 'action-intended':
      return {
        last: id,
        details: new Map(view.details).set(id, `on ${entry.target}: ${entry.does}`),
      };
    case 'entry-done':
    case 'entry-failed':
    case 'entry-skipped':
    case 'entry-reversed':
    case 'reverse-failed':
      return {last: id, details: withoutKey(view.details, id), events: withoutKey(view.events, id)};
    default:
      return {last: id};
  }
}

function withEvent(
  told: View['events'],
  {entry, text}: {readonly entry: string; readonly text: string},
): View['events'] {
  const lines = [...(told.get(entry) ?? []), text].slice(-eventsKept);
  return new Map(told).set(entry, lines);
}

function withoutKey<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
): ReadonlyMap<string, Value> {
  if (!map.has(key)) {
    return map;
  }
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
