import type {Observe} from '../../engine/events.ts';

/** Shows what a run tells, while it runs. */
export interface Screen {
  readonly observe: Observe;
  /** Leaves the terminal alone while somebody is asked something that takes so many rows. */
  pause(rows?: number): void;
  resume(): void;
  /** While it is paused: how long the outage has lasted by now, and who is waited for. Only where cursors can move. */
  waiting?(columns: number): string | undefined;
  /** Shows talk inside the picture; where nothing is drawn, talk needs no screen. */
  say?(text: string): void;
  /** Shows the last state, and gives the terminal back. */
  close(): Promise<void>;
}

/** The head of the run, a phase, and the entry that is asked about: so much stays above a question. */
export const leastPictureRows = 5;

/** The stream to which a screen writes: `process.stdout` or `process.stderr`. */
export interface ScreenStream {
  write(text: string): unknown;
  on(event: 'error' | 'resize', listener: (error?: Error) => void): unknown;
  off(event: 'error' | 'resize', listener: (error?: Error) => void): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}
