import {sha256} from '../../model/canonical.ts';
import {
  type FleetStatus,
  type Followed,
  fleetPageHtml,
  fleetPageState,
  type PageState,
  type ShownFleet,
} from '../../report/index.ts';
import {MachineClock} from '../../run/machine-clock.ts';
import type {DocumentOf} from '../documents/index.ts';
import type {Feed} from './server.ts';

/** What was read longer ago is shown as such, and its clocks stop. */
const freshMs = 3_000;

/** What the viewers of a fleet are shown. Its time is that of PostgreSQL. */
export class FleetFeed implements Feed {
  #status: FleetStatus;
  #trouble: string | undefined;
  #readAtMs: number;
  #lookedAtMs: number;
  #readAt: Date;
  #content: PageState;
  #tag: string;

  /** `at`: when it was read, by the clock of PostgreSQL. */
  constructor(status: FleetStatus, at: Date) {
    this.#status = status;
    this.#readAtMs = performance.now();
    this.#lookedAtMs = this.#readAtMs;
    this.#readAt = at;
    this.#content = fleetPageState(this.#shown());
    this.#tag = tagOf(fleetPageState({status, now: null}));
  }

  look(status: FleetStatus, at: Date): void {
    this.#status = status;
    this.#readAtMs = performance.now();
    this.#readAt = at;
    this.#show(undefined);
  }

  /** Nothing new can be read: what is shown stays as it was. */
  lookInVain(problem: string): void {
    const isOld = performance.now() - this.#readAtMs > freshMs;
    this.#show(
      isOld ? `${problem} What is shown was last read at ${this.#clock()} UTC.` : undefined,
    );
  }

  isFresh(): boolean {
    return performance.now() - this.#lookedAtMs < freshMs;
  }

  tag(): string {
    return this.#tag;
  }

  nowUtc(): string | null {
    return this.#now()?.toISOString() ?? null;
  }

  state(): DocumentOf<'fleet-page-state'> {
    const {fleet} = this.#status;
    const madeAtUtc = new MachineClock().now().toISOString();
    return {
      ...{fleet, trouble: this.#trouble ?? null, ...this.#content},
      ...{madeAtUtc, nowUtc: this.nowUtc(), next: []},
    };
  }

  html(from: Followed): string {
    return fleetPageHtml(this.#shown(), {from, tag: `"${this.#tag}"`});
  }

  #show(trouble: string | undefined): void {
    this.#trouble = trouble;
    this.#lookedAtMs = performance.now();
    this.#content = fleetPageState(this.#shown());
    // The text of a clock is that of the moment, and makes nothing new.
    this.#tag = tagOf(fleetPageState({...this.#shown(), now: null}));
  }

  #shown(): ShownFleet {
    const trouble = this.#trouble === undefined ? {} : {trouble: this.#trouble};
    return {status: this.#status, now: this.#now(), ...trouble};
  }

  #now(): Date | null {
    return this.#trouble === undefined
      ? new Date(this.#readAt.getTime() + performance.now() - this.#readAtMs)
      : null;
  }

  #clock(): string {
    return this.#readAt.toISOString().slice(11, 19);
  }
}

const tagOf = (content: PageState): string => sha256(JSON.stringify(content)).slice(0, 32);
