import type {Clock} from '../engine/clock.ts';
import {type RunContext, recordIn, type World} from '../engine/context.ts';
import {entryDigests, runbookDigest} from '../engine/digests.ts';
import type {Operator, Question} from '../engine/operator.ts';
import {makePlan} from '../engine/plan.ts';
import {watchTime} from '../engine/process-stop.ts';
import {type Reversal, reverseRun} from '../engine/reverse.ts';
import {makeReversePlan} from '../engine/reverse-plan.ts';
import {runForward} from '../engine/run.ts';
import type {RunOutcome} from '../engine/run-outcome.ts';
import type {FactOf, JournalEntry} from '../model/journal.ts';
import {journaledOutage} from '../model/outage-limit.ts';
import type {Plan, ReversePlan} from '../model/plan.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {version} from '../version.ts';
import {FakeClock} from './fake-clock.ts';
import {MemoryJournal} from './memory-journal.ts';
import type {TriedWorld} from './step-laws.ts';

/** Where the process of a run dies: right before or right after a line of its journal, counted from 0. */
export interface Kill {
  readonly when: 'before' | 'after';
  readonly line: number;
}

export interface RigParts {
  readonly runbook: AnyRunbook;
  readonly params?: unknown;
  /** The open targets, by the names that the runbook gives them. */
  readonly sessions: TriedWorld['sessions'];
  /** The person who does, or undoes, what an action asks for. */
  readonly person?: TriedWorld['person'];
  /** Answers the questions of the run: without it, with yes. */
  answer?(question: Question): 'yes' | 'no';
  /** Without it time passes only while somebody waits. */
  readonly clock?: Clock;
  readonly kill?: Kill;
}

/** What a run of the rig ends with when its process was to die there. */
export class Killed extends Error {
  constructor({when, line}: Kill) {
    super(`killed right ${when} line ${line} of the journal`);
  }
}

const inventory = {name: 'rig', digest: 'rig', protected: false};
const operator = {user: 'rig', host: 'rig', pid: 1};

/**
 * A run of a runbook in a test: the engine is the one that runs at night; the journal is in memory. One rig is one
 * process: it works on the run until it ends or is killed, and `reopened` is the process after it.
 */
export class RunbookRig {
  readonly clock: Clock;
  readonly #parts: RigParts;
  readonly #params: unknown;
  /** With the entries that its parameters make. */
  readonly #runbook: AnyRunbook;
  readonly #journal: MemoryJournal;
  readonly #stopping = new AbortController();
  #killed: Killed | undefined;
  #unwatch = () => {};

  constructor(parts: RigParts, lines: readonly string[] = []) {
    const {runbook, params = {}, clock = new FakeClock()} = parts;
    this.#parts = parts;
    this.#params = runbook.head.params.parse(params);
    this.#runbook = runbook.expanded(this.#params);
    this.clock = clock;
    const watching = {
      now: () => this.clock.now(),
      before: () => this.#die('before', this.entries.length),
      after: ({seq}: JournalEntry) => this.#die('after', seq),
    };
    this.#journal = new MemoryJournal(watching, lines);
  }

  /** The journal. */
  get entries(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  /** What every entry of the runbook would do now. */
  plan(): Promise<Plan> {
    const progress = progressOf(this.entries);
    const signal = this.#stopping.signal;
    return makePlan({world: this.#world, inventory, signal, ...(progress ? {progress} : {})});
  }

  /** Begins the run, or resumes the one in the journal; to its end, or to a checkpoint or an entry. */
  run(until?: string): Promise<RunOutcome> {
    return this.#asProcess((context) => runForward(context(), until));
  }

  /** What a reversal to a checkpoint would do; `null`: to the start. */
  planReversal(to: string | null = null): Promise<ReversePlan> {
    return makeReversePlan(this.#world, this.#progress, to, this.#stopping.signal);
  }

  /** Reverses to a checkpoint (`null`: the start), or continues the reversal in the journal. */
  async reverse(to: string | null = null): Promise<Reversal> {
    const place = to ?? this.#progress.reversingTo?.to ?? null;
    return this.#asProcess(async (context) => {
      const {digest} = await this.planReversal(place);
      return reverseRun(context(), place, digest);
    });
  }

  /** The process after this one: the world and the journal are as this one left them. */
  reopened(kill?: Kill): RunbookRig {
    const {kill: _, ...parts} = this.#parts;
    const lines = this.#journal.lines;
    return new RunbookRig({...parts, clock: this.clock, ...(kill ? {kill} : {})}, lines);
  }

  get #progress(): Progress {
    const progress = progressOf(this.entries);
    if (!progress) {
      throw new Error('Nothing was run yet: call run() first.');
    }
    return progress;
  }

  get #world(): World {
    const {sessions} = this.#parts;
    return {
      runbook: this.#runbook,
      params: this.#params,
      targets: {session: async (target) => sessionIn(sessions, target), close: async () => {}},
      clock: this.clock,
      run: 'rig',
      observe: () => {},
      aborting: this.#stopping.signal,
    };
  }

  /** The first line of this process. */
  #begin(): RunContext {
    this.#journal.append(
      this.entries.length === 0
        ? startedRun(this.#runbook, this.#params)
        : {kind: 'run-resumed', operator, accepted: []},
    );
    const record = recordIn(this.#journal, () => {});
    this.#unwatch = watchTime({clock: this.clock, record});
    const stopping = this.#stopping.signal;
    return {...this.#world, record, inventory, stopping, operator: this.#operator};
  }

  get #operator(): Operator {
    const {answer = () => 'yes', person} = this.#parts;
    return {
      name: operator.user,
      ask: async (question) => {
        const given = answer(question);
        if (question.about === 'by-hand' && given === 'yes') {
          await person?.(progressOf(this.entries)?.reversingTo ? 'reverse' : 'forward');
        }
        return {answer: given, by: operator.user, ...(question.wantsNote ? {note: 'rig'} : {})};
      },
      decide: async () => ({choice: 'stop', by: operator.user}),
    };
  }

  /** A dead process writes no line, and ends whatever it waits for. */
  #die(when: Kill['when'], line: number): void {
    const {kill} = this.#parts;
    if (!this.#killed && kill?.when === when && kill.line === line) {
      this.#killed = new Killed(kill);
      this.#stopping.abort(this.#killed);
    }
    if (this.#killed) {
      throw this.#killed;
    }
  }

  async #asProcess<Result>(work: (context: () => RunContext) => Promise<Result>): Promise<Result> {
    try {
      return await work(() => this.#begin());
    } catch (error) {
      throw this.#killed ?? error;
    } finally {
      this.#unwatch();
    }
  }
}

function sessionIn(sessions: RigParts['sessions'], target: string) {
  const session = sessions[target];
  if (!session) {
    const names = Object.keys(sessions).join(', ');
    throw new Error(`The runbook works on ${target}; the world of the test has ${names}.`);
  }
  return session;
}

function startedRun(runbook: AnyRunbook, params: unknown): FactOf<'run-started'> {
  return {
    kind: 'run-started',
    run: 'rig',
    runbook: {
      name: runbook.head.name,
      file: runbook.head.name,
      digest: runbookDigest(runbook),
      entries: [...entryDigests(runbook)],
      ...journaledOutage(runbook),
    },
    inventory: {...inventory, file: inventory.name},
    params: JSON.parse(JSON.stringify(params)),
    plan: 'rig',
    operator,
    versions: {switcharoo: version, node: process.versions.node},
    rehearsal: false,
  };
}
