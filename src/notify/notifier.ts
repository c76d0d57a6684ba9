import {setTimeout as sleep} from 'node:timers/promises';
import type {JournalEntry} from '../model/journal.ts';
import type {Delivery, Notice, NoticeEvent} from '../model/notice.ts';
import type {Channel, ClosedChannel} from './channel.ts';
import {type NoticeFold, noEntries, noticesAfter} from './notices.ts';
import {Outbox} from './outbox.ts';

/** Whom a run can tell, and whom it cannot. */
export interface Channels {
  readonly open: readonly Channel[];
  readonly closed: readonly ClosedChannel[];
}

export const noChannels: Channels = {open: [], closed: []};

interface NotifierOptions {
  readonly channels: Channels;
  /** Of the processes before this one: no notice of it is sent again. */
  readonly earlier: readonly JournalEntry[];
  /** Where the journal is. */
  readonly stateFolder: string;
  /** Takes secrets out. */
  readonly redacted: (notice: Notice) => Notice;
}

/** How long the end of a run waits for what is not delivered yet. */
const longestWaitMs = 5_000;

/** As the channel is now; one that is gone had all events. */
const isFor = ({open}: Channels, name: string, event: NoticeEvent): boolean =>
  open.find((channel) => channel.name === name)?.events?.includes(event) ?? true;

/** Notifies people of what happens in a journal, in the background. It throws nothing, and nothing waits for it. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #outboxes: readonly Outbox[];
  #fold: NoticeFold = noEntries;
  #ended: Delivery[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#outboxes = options.channels.open.map(
      (channel) => new Outbox(channel, (delivery) => this.#ended.push(delivery)),
    );
    this.#ended.push(...this.#readEarlier());
  }

  /** Notices of an earlier process that did not journal what became of them. */
  #readEarlier(): readonly Delivery[] {
    const {earlier, stateFolder, channels} = this.#options;
    const missing = new Map<string, Delivery>();
    const keyOf = ({seq, event, channel}: Delivery) => `${seq} ${event} ${channel}`;
    let names: readonly string[] = [];
    for (const entry of earlier) {
      const {fold, notices} = noticesAfter(this.#fold, entry, stateFolder);
      this.#fold = fold;
      if (entry.kind === 'run-started' || entry.kind === 'run-resumed') {
        names = entry.notify ?? [];
      }
      if (entry.kind === 'people-told') {
        for (const delivery of entry.deliveries) {
          missing.delete(keyOf(delivery));
        }
      }
      for (const {seq, notice} of notices) {
        const {event, atUtc} = notice;
        const because = 'switcharoo ended before it was known whether the notice arrived';
        for (const channel of names.filter((name) => isFor(channels, name, event))) {
          const delivery = {seq, atUtc, event, channel, because};
          missing.set(keyOf(delivery), delivery);
        }
      }
    }
    return [...missing.values()];
  }

  /** Is given each new entry. Returns at once. */
  hear(entry: JournalEntry): void {
    const {redacted, stateFolder, channels} = this.#options;
    const {fold, notices} = noticesAfter(this.#fold, entry, stateFolder);
    this.#fold = fold;
    for (const {seq, notice} of notices) {
      const safe = {seq, notice: {...redacted(notice), event: notice.event}};
      for (const outbox of this.#outboxes) {
        outbox.add(safe);
      }
      for (const {name: channel, because} of channels.closed) {
        this.#ended.push({seq, atUtc: notice.atUtc, event: notice.event, channel, because});
      }
    }
  }

  /** What became of notices since this was asked last. */
  take(): readonly Delivery[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  /** Until everything is delivered or given up, and no longer than 5 s. */
  async settle(): Promise<void> {
    const over = new AbortController();
    const all = Promise.all(this.#outboxes.map((outbox) => outbox.settled()));
    const limit = sleep(longestWaitMs, undefined, {signal: over.signal}).catch(() => {});
    await Promise.race([all, limit]);
    over.abort();
  }

  /** Gives up what is not delivered. */
  async stop(): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.stop()));
  }
}
