/** The events that people are notified about. A channel of the inventory may choose among them. */
export const noticeEvents = [
  'started',
  'resumed',
  'outage-began',
  'outage-ended',
  'asks',
  'failed',
  'paused',
  'reversing',
  'reversed',
  'done',
] as const;
export type NoticeEvent = (typeof noticeEvents)[number];

/**
 * A notice as a webhook receives it. Within a version, members are added, and none is removed or changes its meaning.
 */
export interface Notice {
  readonly version: 1;
  /** The run and a number in its journal: the same however often it is sent. */
  readonly id: string;
  readonly event: NoticeEvent | 'test';
  readonly atUtc: string;
  readonly run: string;
  readonly runbook: string;
  readonly inventory: string;
  readonly protected: boolean;
  readonly rehearsal: boolean;
  /** `user@host` of the process. */
  readonly operator: string;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** Further facts, and what is asked of whom; a sentence each. */
  readonly details: readonly string[];
  /** The command that shows the run, and on which host. */
  readonly command: string;
  /** The summary, the details and the command, a line each. */
  readonly text: string;
  /** The outage: of `outage-ended` the one that is over, of all others the one that lasts. `ms`: so far. */
  readonly outage?: {readonly sinceUtc: string; readonly ms: number};
  /** Of `asks`. */
  readonly question?: {
    readonly entry: string | null;
    readonly question: string;
    readonly person: string;
    readonly sinceUtc: string;
  };
  /** Of `failed` and `paused`, where there is one. `code` is permanent. */
  readonly problem?: {readonly code: string; readonly message: string; readonly hint: string};
}

/** What became of a notice on one channel: delivered, or why not. */
export interface Delivery {
  /** The number of the journal entry that it is about, and when that was. */
  readonly seq: number;
  readonly atUtc: string;
  readonly event: NoticeEvent;
  readonly channel: string;
  readonly because?: string;
}
