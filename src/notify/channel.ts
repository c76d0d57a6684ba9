import type {Notice, NoticeEvent} from '../model/notice.ts';

/** A way to people. */
export interface Channel {
  /** As the inventory names it. */
  readonly name: string;
  /** `webhook`, `Slack`, `e-mail to a@example.com`. */
  readonly kind: string;
  /** What it is told of; without it, everything. */
  readonly events?: readonly NoticeEvent[];
  /** Sends it once. Ends at once when `signal` is aborted. Throws `NotDelivered`. */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  /** Reaches its server and sends nothing: the name, TLS, and the login. Throws `NotDelivered`. */
  check(signal: AbortSignal): Promise<void>;
}

/** A channel that cannot be opened, and why. */
export interface ClosedChannel {
  readonly name: string;
  readonly because: string;
}

/** Why something did not arrive, or perhaps did not. The message is a clause that holds no secret. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
  /** It certainly did not arrive, and may arrive if it is sent again. */
  readonly again: boolean;
  /** How long the receiver asks to wait before that. */
  readonly afterMs: number | undefined;

  constructor(
    because: string,
    {again, afterMs}: {readonly again: boolean; readonly afterMs?: number | undefined},
    options?: ErrorOptions,
  ) {
    super(because, options);
    this.again = again;
    this.afterMs = afterMs;
  }
}

/** How long a receiver may take to answer. */
export const answerLimitMs = 10_000;
