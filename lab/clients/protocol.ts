import type {ChildProcess} from 'node:child_process';
import type {FailedRequest} from './failures.ts';
import type {Outage} from './outage.ts';
import type {RequestsReport, Window} from './requests.ts';

/** What the lab tells the clients over the IPC channel. Each command gets one answer. */
export interface Command {
  readonly id: number;
  readonly command: 'pause' | 'resume' | 'report' | 'stop';
  /** Of special interest in the report. */
  readonly windows?: readonly Window[] | undefined;
}

export interface Answer {
  readonly id: number;
  readonly report: ClientsReport;
}

export interface ClientsReport {
  readonly acknowledged: number;
  readonly refused: number;
  /** Sent, and never answered: neither acknowledged nor sent again. */
  readonly unanswered: number;
  /** The longest outage of any client. */
  readonly outageMs: number;
  readonly outages: readonly Outage[];
  /** Acknowledged writes by the side that took them. */
  readonly bySide: Readonly<Record<string, number>>;
  /** Times of acknowledged writes, name look-up included; `null` before the first one. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The last failure in words. */
  readonly lastFailure: string | null;
  readonly reads: ReadsReport;
  readonly requests: RequestsReport & {
    /** The first ones, each with its reason. */
    readonly failures: readonly FailedRequest[];
  };
}

/** Reads of a client's newest acknowledged write. `failed`: another answer than that write, or none. */
interface ReadsReport {
  readonly answered: number;
  readonly failed: number;
  readonly lastFailure: string | null;
}

/** The lab's end of the channel. */
export interface ClientsControl {
  /** Answers once no write is under way. */
  pause(windows?: readonly Window[]): Promise<ClientsReport>;
  resume(): Promise<ClientsReport>;
  report(): Promise<ClientsReport>;
  /** Ends the program after the writes under way. */
  stop(): Promise<ClientsReport>;
}

/** Speaks to the clients' program, which was started with an IPC channel. */
export function controlOf(child: ChildProcess): ClientsControl {
  let lastId = 0;
  const waiting = new Map<
    number,
    {resolve(report: ClientsReport): void; reject(error: Error): void}
  >();
  child.on('message', (message) => {
    const {id, report} = message as Answer; // The program sends nothing else.
    waiting.get(id)?.resolve(report);
    waiting.delete(id);
  });
  child.once('disconnect', () => {
    for (const {reject} of waiting.values()) {
      reject(clientsEnded());
    }
  });
  const tell = (command: Command['command'], windows?: readonly Window[]) =>
    new Promise<ClientsReport>((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, {resolve, reject});
      child.send(
        {id: lastId, command, windows} satisfies Command,
        (error) => error && reject(clientsEnded()),
      );
    });
  return {
    pause: (windows) => tell('pause', windows),
    resume: () => tell('resume'),
    report: () => tell('report'),
    stop: () => tell('stop'),
  };
}

const clientsEnded = () => new Error('The clients of the lab have ended.');
