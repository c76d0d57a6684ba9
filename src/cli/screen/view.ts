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
  readonly says: ReadonlyMap<string, string>;
  /** What happened at an entry since its present go began, the newest last. */
  readonly told: ReadonlyMap<string, readonly string[]>;
  /** When the present go at an entry began, forward or back. */
  readonly startedAt: LastingMap<Date>;
  readonly outage: Outage;
  readonly warning?: string;
}

/** More than any terminal has room for. */
const toldKept = 100;

export const emptyView: View = {
  says: new Map(),
  told: new Map(),
  startedAt: LastingMap.of(),
  outage: noOutage,
};

export function viewAfter(so: View, event: EngineEvent, window?: OutageWindow): View {
  switch (event.kind) {
    case 'planned':
      return {...so, plan: event.plan};
    case 'reverse-planned':
      return so;
    case 'journaled':
      return viewAfterEntry(so, event.entry, window);
    case 'progress':
      return {...so, says: new Map(so.says).set(event.entry, event.says)};
    case 'told':
      return {...so, told: withTold(so.told, event)};
    case 'warning':
      return {...so, warning: event.problem.message};
  }
}

/** For the entries of a run that goes on: they were journaled before anybody watched. */
export function viewAfterEntry(so: View, entry: JournalEntry, window?: OutageWindow): View {
  const progress = progressAfter(so.progress, entry);
  const told = {...so, ...(progress ? {progress} : {}), ...wordsAfter(so, entry)};
  return window && progress ? {...told, outage: outageAfter(so.outage, progress, window)} : told;
}

function wordsAfter(so: View, entry: JournalEntry): Partial<View> {
  if (!('entry' in entry) || entry.entry === null) {
    return {};
  }
  const id = entry.entry;
  switch (entry.kind) {
    case 'entry-started':
    case 'entry-reversing':
      return {
        last: id,
        says: withoutKey(so.says, id),
        told: withoutKey(so.told, id),
        startedAt: so.startedAt.with(id, new Date(entry.atUtc)),
      };
    case 'action-intended':
      return {last: id, says: new Map(so.says).set(id, `on ${entry.target}: ${entry.does}`)};
    case 'entry-done':
    case 'entry-failed':
    case 'entry-skipped':
    case 'entry-reversed':
    case 'reverse-failed':
      return {last: id, says: withoutKey(so.says, id), told: withoutKey(so.told, id)};
    default:
      return {last: id};
  }
}

function withTold(
  told: View['told'],
  {entry, says}: {readonly entry: string; readonly says: string},
): View['told'] {
  const lines = [...(told.get(entry) ?? []), says].slice(-toldKept);
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
