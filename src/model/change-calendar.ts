/** A calendar outside this program that says when nothing may be changed. */
export interface ChangeCalendar {
  /** For people. */
  readonly name: string;
  /** Whether changes are allowed now, and when that changes next. */
  state(signal: AbortSignal): Promise<CalendarState>;
}

export interface CalendarState {
  readonly isOpen: boolean;
  readonly nextChange?: Date;
}
