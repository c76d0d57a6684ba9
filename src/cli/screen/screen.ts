import type {Observe} from '../../engine/events.ts';

/** Shows what a run tells, while it runs. */
export interface Screen {
  readonly observe: Observe;
  /** Leaves the terminal alone while somebody is asked something that takes so many rows. */
  pause(rows?: number): void;
  resume(): void;
  /** Shows talk inside the picture; where nothing is drawn, talk needs no screen. */
  say?(text: string): void;
  /** Shows the last state, and gives the terminal back. */
  close(): Promise<void>;
}

/** The stream to which a screen writes: `process.stdout` or `process.stderr`. */
export interface ScreenStream {
  write(text: string): unknown;
  on(event: 'error' | 'resize', listener: (error?: Error) => void): unknown;
  off(event: 'error' | 'resize', listener: (error?: Error) => void): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}
