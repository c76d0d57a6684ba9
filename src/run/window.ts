import {type WindowState, windowAt, withCalendar} from '../inventory/window.ts';
import {stoppingEntry} from '../model/outage-span.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {askCalendar, type CalendarAnswer} from './calendar.ts';
import type {RunParts} from './run-parts.ts';
import type {SessionRequest} from './run-session.ts';

type Parts = Pick<RunParts<never>, 'session' | 'approver' | 'until'>;

/** The window of the inventory of a run, as of when it was last asked. */
export class RunWindow {
  readonly #parts: Parts;
  readonly #progress: () => Progress | undefined;
  #calendar: CalendarAnswer | undefined;

  constructor(parts: Parts, progress: () => Progress | undefined) {
    this.#parts = parts;
    this.#progress = progress;
  }

  /** `undefined` where the run need not wait for one. */
  get state(): WindowState | undefined {
    const {clock} = this.#parts.session.opened.world;
    const window = windowOf(this.#parts, this.#progress(), clock.now());
    return window && this.#calendar ? withCalendar(window, this.#calendar) : window;
  }

  /** Asks the calendar again, where the window has one and the run waits for it. */
  async ask(signal = this.#parts.session.signals.stopping): Promise<void> {
    this.#calendar = this.state && (await askCalendar(this.#parts.session.opened, signal));
  }

  /** Throws when the window is closed now, unless a person has said why not to wait. */
  async refuseOutside(): Promise<void> {
    await this.ask();
    const problem = this.#refusal();
    if (problem) {
      throw new SwitcharooError(problem);
    }
  }

  /** What the work of a run needs to know of it. */
  get forSession(): Pick<SessionRequest, 'mayBeginOutage' | 'decideBy' | 'isDecideByOfWindow'> {
    const mayBeginOutage = (signal: AbortSignal) => this.#mayBeginOutage(signal);
    return {mayBeginOutage, ...decideByOf(this.state, this.#parts.session.decideBy)};
  }

  /**
   * Asked right before visitors wait: hours may have passed since the plan was approved, and a calendar is closed when
   * nobody expects it. Then whatever else decides about the outage is asked.
   */
  async #mayBeginOutage(signal: AbortSignal): Promise<Problem | undefined> {
    const {outsideWindow, mayBeginOutage} = this.#parts.session;
    if (outsideWindow === undefined) {
      await this.ask(signal);
    }
    return this.#refusal() ?? mayBeginOutage?.(signal);
  }

  /** Why the run must not cut over now. */
  #refusal(): Problem | undefined {
    const {state} = this;
    const {opened, outsideWindow} = this.#parts.session;
    if (!state || state.isOpen || outsideWindow !== undefined) {
      return undefined;
    }
    const problemOf = state.isUnknown ? calendarUnknown : outsideOf;
    return problemOf(opened.inventory.name, state.text);
  }
}

/**
 * The window for which a run has to wait; `undefined` where it need not. What is done before the outage needs no
 * window: replication is set up weeks before. A run for which visitors wait already, in a hold or in the outage, never
 * waits for one, since it must be ended; a rehearsal neither.
 */
function windowOf(
  {session, approver, until}: Parts,
  progress: Progress | undefined,
  now: Date,
): WindowState | undefined {
  const {inventory, runbook} = session.opened;
  const needsOne =
    !approver.rehearsal && cutsOver(runbook, until) && !hasCutOver(runbook, progress);
  return inventory.window && needsOne ? windowAt(inventory.window, now) : undefined;
}

/** When the window closes, the cutover is to be accepted, unless a person has set another time. */
const decideByOf = (
  window: WindowState | undefined,
  asked: Date | undefined,
): {readonly decideBy?: Date; readonly isDecideByOfWindow?: boolean} =>
  asked
    ? {decideBy: asked}
    : window?.isOpen && window.until
      ? {decideBy: window.until, isDecideByOfWindow: true}
      : {};

/** The entry from which visitors wait, or the first of all where they never do. */
const firstOfCutover = (runbook: AnyRunbook): string | undefined =>
  stoppingEntry(runbook)?.id ?? runbook.entries[0]?.id;

/** Whether a run to `until` comes to the outage. */
function cutsOver(runbook: AnyRunbook, until: string | undefined): boolean {
  const first = firstOfCutover(runbook);
  const names = runbook.items.map((item) =>
    item.kind === 'entry' ? item.id : item.kind === 'checkpoint' ? item.name : undefined,
  );
  return until === undefined || names.indexOf(until) >= names.indexOf(first);
}

function hasCutOver(runbook: AnyRunbook, progress: Progress | undefined): boolean {
  const ids = runbook.entries.map(({id}: {readonly id: string}) => id);
  const first = ids.indexOf(firstOfCutover(runbook) ?? '');
  return (
    progress !== undefined && appliedEntries(progress).some(({id}) => ids.indexOf(id) >= first)
  );
}

const outsideOf = (inventory: string, why: string): Problem => ({
  code: 'outside-window',
  message: `${inventory} may not be cut over now. ${why}`,
  hint: 'Wait for the window, or stop at a checkpoint before the outage (--until). To cut over anyway, give the reason with --outside-window; the journal keeps it.',
});

const calendarUnknown = (inventory: string, why: string): Problem => ({
  code: 'calendar-unknown',
  message: `${inventory} may be cut over only when its calendar is open. ${why}`,
  hint: 'Check the network, the ARN and the permission ssm:GetCalendarState, which "permissions" lists. Then repeat the command. To cut over without the calendar, give the reason with --outside-window; the journal keeps it.',
});
