import {join} from 'node:path';
import type {Clock} from '../../src/engine/clock.ts';
import type {EngineEvent} from '../../src/engine/events.ts';
import type {Operator} from '../../src/engine/operator.ts';
import type {RunOutcome} from '../../src/engine/run-outcome.ts';
import type {Inventory} from '../../src/inventory/inventory.ts';
import {hashOf} from '../../src/journal/chain.ts';
import type {Disk} from '../../src/journal/disk.ts';
import {openJournal} from '../../src/journal/file-journal.ts';
import {overtakeLock} from '../../src/journal/lock.ts';
import {holderText} from '../../src/journal/lock-holder.ts';
import type {Machine} from '../../src/journal/process-identity.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type Progress, progressAfter, progressOf} from '../../src/model/progress.ts';
import type {AnyRunbook} from '../../src/model/runbook.ts';
import type {OpenTargets} from '../../src/model/target.ts';
import type {ExitCode} from '../../src/run/exit-codes.ts';
import type {Host} from '../../src/run/host.ts';
import {exitCodeFor} from '../../src/run/outcome.ts';
import {scopeOf} from '../../src/run/past-runs.ts';
import {
  beginRun,
  continueRun,
  forward,
  type RunSession,
  reverse,
  type SessionRequest,
} from '../../src/run/run-session.ts';
import type {SimulatedDisk} from './disk.ts';

export const stateFolder = '/var/state';

/** All that one start of the program gets from outside. */
export interface Surroundings {
  readonly runbook: AnyRunbook;
  readonly disk: Disk;
  readonly machine: Machine;
  readonly pid: number;
  readonly user: string;
  readonly clock: Clock;
  readonly targets: OpenTargets;
  readonly operator: Operator;
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
  readonly observe?: (event: EngineEvent) => void;
  /** Whether runs have a reserve for a full disk. */
  readonly reserves?: boolean;
  /** `--max-outage`, in ms. */
  readonly longestOutageMs?: number;
  /** The target of the inventory in which the journal is shared. */
  readonly store?: string;
}

export interface Ended {
  readonly code: ExitCode;
  readonly outcome: RunOutcome;
  /** What the program believes at its end, and tells. */
  readonly progress: Progress;
}

const inventory: Inventory = {
  name: 'pantry',
  file: 'inventories/pantry.yaml',
  digest: 'i1',
  protected: false,
  lab: false,
  requireRehearsal: false,
  approvers: {},
  params: {},
  targets: {},
  notify: [],
};

/** The commands of the program on a simulated disk and machine: the very code that runs, without words and screen. */
export class Program {
  readonly #around: Surroundings;
  protected readonly host: Host;

  constructor(around: Surroundings) {
    this.#around = around;
    this.host = {
      state: new StateFolder(stateFolder, around.disk, around.machine, around.reserves ?? false),
      operator: {user: around.user, host: around.machine.id, pid: around.pid},
    };
  }

  run(run: string, until?: string): Promise<Ended> {
    return this.#during(
      () => beginRun(this.request(run), {plan: 'p1', rehearsal: false}),
      (session) => forward(session, until),
    );
  }

  /** `planned` is where it stood when the plan was looked at. */
  resume(run: string, planned?: Progress): Promise<Ended> {
    return this.#during(
      () => continueRun(this.request(run), [], planned),
      (session) => {
        const {reversingTo} = session.context.record.progress;
        return reversingTo ? reverse(session, reversingTo.to, 'd1') : forward(session);
      },
    );
  }

  reverse(run: string, to: string | null = null, planned?: Progress): Promise<Ended> {
    return this.#during(
      () => continueRun(this.request(run), [], planned),
      (session) => {
        const {reversingTo} = session.context.record.progress;
        return reverse(session, reversingTo ? reversingTo.to : to, 'd1');
      },
    );
  }

  /** Takes the lock over from whoever holds it, says so in the journal a moment later, and lets it go. */
  async unlock(run: string, overtaken: () => void): Promise<void> {
    const {disk, machine, clock} = this.#around;
    const {lock, tookOverFrom} = overtakeLock({
      folder: this.host.state.locks,
      scope: scopeOf(this.#around.runbook.head.name, inventory.name),
      run,
      operator: this.host.operator,
      now: () => clock.now(),
      disk,
      machine,
    });
    overtaken();
    await clock.sleep(500, this.#around.stopping);
    const around = {now: () => clock.now(), lock, redactor: new Redactor(), disk};
    const journal = openJournal(journalPath(run), around);
    const {operator} = this.host;
    journal.append({kind: 'lock-taken-over', from: holderText(tookOverFrom), operator});
    journal.close();
    lock.release();
  }

  async #during(
    open: () => RunSession,
    work: (session: RunSession) => Promise<RunOutcome>,
  ): Promise<Ended> {
    const session = open();
    try {
      const outcome = await work(session);
      return {
        code: exitCodeFor(session.context.record.progress, outcome),
        outcome,
        progress: session.context.record.progress,
      };
    } finally {
      session.release();
    }
  }

  protected request(run: string): SessionRequest {
    const {
      runbook,
      clock,
      targets,
      operator,
      stopping,
      aborting,
      observe = () => {},
      longestOutageMs,
      store,
    } = this.#around;
    return {
      host: this.host,
      opened: {
        file: 'runbooks/every-kind.ts',
        runbook,
        inventory: {...inventory, ...(store === undefined ? {} : {store})},
        redactor: new Redactor(),
        world: {runbook, params: {}, targets, clock, run, observe, aborting},
        rights: async () => [],
        channels: async () => ({open: [], closed: []}),
        openByName: (name) => targets.session(name),
        close: async () => {},
      },
      signals: {stopping, aborting},
      operator,
      run,
      ...(longestOutageMs === undefined ? {} : {longestOutageMs}),
    };
  }
}

export const journalPath = (run: string): string => join(stateFolder, run, 'journal.jsonl');

/**
 * Reads journals as anyone would who looks at them, and remembers the progress at each last line that it met: a line's
 * hash vouches for all before it, also in the journal of another chain of events that began alike.
 */
export class Onlooker {
  readonly #known = new Map<string, Progress>();
  /** Copies of a disk share the bytes of a file until one of them changes it. */
  readonly #read = new WeakMap<Buffer, Progress | undefined>();

  /** Where the newest run stands whose journal has begun. Throws when it does not load. */
  newest(disk: SimulatedDisk, runs: readonly string[]): Progress | undefined {
    for (const run of runs.toReversed()) {
      const path = journalPath(run);
      const bytes = disk.bytesAt(path);
      if (bytes && this.#read.has(bytes)) {
        return this.#read.get(bytes);
      }
      const end = bytes?.lastIndexOf(lineEnd) ?? -1;
      if (bytes && end >= 0) {
        const line = bytes.subarray(bytes.lastIndexOf(lineEnd, end - 1) + 1, end);
        const hash = hashOf(line.toString());
        const progress = this.#known.get(hash) ?? this.#progressOf(entriesIn(disk, path), hash);
        this.#read.set(bytes, progress);
        return progress;
      }
    }
    return undefined;
  }

  #progressOf(entries: readonly JournalEntry[], hash: string): Progress | undefined {
    const from = entries.findLastIndex(({prev}) => this.#known.has(prev));
    const before = this.#known.get(entries[from]?.prev ?? '');
    const progress = entries.slice(Math.max(from, 0)).reduce(progressAfter, before);
    if (progress) {
      this.#known.set(hash, progress);
    }
    return progress;
  }
}

const entriesIn = (disk: SimulatedDisk, path: string): readonly JournalEntry[] =>
  readJournal(
    path,
    disk.openedBy(() => {}),
  ).entries;

export function readWhole(disk: SimulatedDisk, path: string): Progress {
  const progress = progressOf(entriesIn(disk, path));
  if (!progress) {
    throw new Error(`${path} has no first entry`);
  }
  return progress;
}

const lineEnd = 0x0a;
