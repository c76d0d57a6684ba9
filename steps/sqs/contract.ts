/** How many messages a queue has, about: SQS counts on several of its servers, and not at one moment. */
export interface QueueCounts {
  /** Messages that a consumer can take. */
  readonly waiting: number;
  /** That a consumer has taken and not deleted. */
  readonly inFlight: number;
  /** That no consumer can take yet. */
  readonly delayed: number;
}

export interface SqsReader {
  /** As the inventory names it. */
  readonly name: string;
  /** An imitation on this machine, such as the lab's: its counts are exact at once. */
  readonly isLocal: boolean;
  /** `undefined` where there is no queue of this name. */
  counts(queue: string, signal: AbortSignal): Promise<QueueCounts | undefined>;
  /** The names of some queues of the account, a hundred at most. */
  names(signal: AbortSignal): Promise<readonly string[]>;
}
