import {setMaxListeners} from 'node:events';
import type {Clock, ClockEvent} from '../../src/engine/clock.ts';
import type {EngineEvent} from '../../src/engine/events.ts';
import type {Answer, Choice, Operator} from '../../src/engine/operator.ts';
import type {Disk} from '../../src/journal/disk.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import type {Moment} from '../../src/model/moment.ts';
import type {Session} from '../../src/model/target.ts';
import {MachineClock, type TimeSource} from '../../src/run/machine-clock.ts';
import type {ShelfReader, ShelfWriter} from '../engine/fakes.ts';
import type {Chance} from './chance.ts';
import type {SimulatedDisk} from './disk.ts';
import type {SimulatedMachine} from './machine.ts';
import {Program, type Surroundings as ProgramSurroundings} from './program.ts';
import type {Night, ShelfName, Systems} from './systems.ts';
import type {Time} from './time.ts';

/** Nothing that the dead one still calls gets through. */
class Killed extends Error {
  readonly code = 'EKILLED';
}

/** What a process knows of the night that it runs in. */
export interface Surroundings {
  readonly chance: Chance;
  readonly night: Night;
  readonly time: Time;
  readonly disk: SimulatedDisk;
  readonly systems: Systems;
  readonly isCalm: boolean;
  tell(words: () => string): void;
  died(): void;
  losePower(when: string): void;
  put(process: Process, name: ShelfName, label: string, text: string | null): void;
  /** A write that nobody has answered may reach its target later. Without it, none does. */
  putLate?(process: Process, name: ShelfName, label: string, text: string | null): void;
  /** How far the clock of its machine is ahead. Without it, clocks say the time. */
  readonly skewMs?: number;
  journaled(process: Process, entry: JournalEntry): void;
}

/**
 * One start of the program: it may be paused, signalled or killed at any moment, and its requests may be lost in
 * every way.
 */
export class Process {
  readonly name: string;
  readonly machine: SimulatedMachine;
  readonly program: Program;
  /** What the program gets from outside. */
  readonly around: ProgramSurroundings;
  readonly stopping = new AbortController();
  readonly aborting = new AbortController();
  readonly pid: number;
  isDead = false;
  /** Settled when somebody or something has ended it. */
  readonly death: Promise<undefined>;
  #toldDeath: () => void = () => {};
  /** Somebody else has taken the run over since it began. */
  isOvertaken = false;
  /** It was told that something it wrote may not be there. */
  hasLostItsDisk = false;
  /** How long an outage may last, as its command line says; in ms. */
  readonly longestOutageMs: number | undefined;
  readonly #schedule: Surroundings;
  readonly #chance: Chance;
  #pausedUntil = 0;
  /** Where its machine has a clock of its own. */
  #utc: MachineClock | undefined;
  #stoppedMs = 0;
  readonly #clockListeners = new Set<(event: ClockEvent) => void>();

  constructor(schedule: Surroundings, user: string, machine: SimulatedMachine) {
    this.#schedule = schedule;
    this.death = new Promise((resolve) => {
      this.#toldDeath = () => resolve(undefined);
    });
    this.#chance = schedule.chance;
    this.machine = machine;
    // Many requests at once may follow them.
    setMaxListeners(0, this.stopping.signal, this.aborting.signal);
    if (schedule.skewMs !== undefined) {
      this.#utc = new MachineClock(undefined, this.#source);
    }
    this.pid = machine.start(() => this.#die('killed'));
    this.name = `${user}@${machine.id}:${this.pid}`;
    this.longestOutageMs = this.#chosenLimit();
    this.around = {
      ...(this.longestOutageMs === undefined ? {} : {longestOutageMs: this.longestOutageMs}),
      runbook: schedule.night.runbook,
      disk: this.#disk,
      machine,
      pid: this.pid,
      user,
      clock: this.#clock,
      targets: {
        session: async (target) => this.#session(target as ShelfName),
        close: async () => {},
      },
      operator: this.#operator(user),
      stopping: this.stopping.signal,
      aborting: this.aborting.signal,
      observe: (event) => this.#observed(event),
    };
    this.program = new Program(this.around);
  }

  #chosenLimit(): number | undefined {
    const {night, isCalm} = this.#schedule;
    return night.outage && !isCalm && this.#chance.of(0.5)
      ? this.#chance.between(1_000, 60_000)
      : undefined;
  }

  /** Nothing of it runs until then, and all that would have happened to it happens then. */
  pause(ms: number): void {
    this.#schedule.tell(() => `${this.name} is paused for ${ms} ms`);
    const since = new Date(this.#schedule.time.ms);
    this.#pausedUntil = this.#schedule.time.ms + ms;
    // Before everything that would have happened to it meanwhile.
    this.in(ms, () => {
      this.#stoppedMs += ms;
      for (const listener of this.#clockListeners) {
        listener({kind: 'process-stopped', since, ms});
      }
    });
  }

  signal(): void {
    if (this.isDead) {
      return;
    }
    this.#schedule.tell(() => `${this.name} is signalled`);
    if (this.stopping.signal.aborted) {
      this.aborting.abort(new Error('SIGINT, for the second time'));
    } else {
      this.stopping.abort('SIGINT');
    }
  }

  kill(): void {
    if (!this.isDead) {
      this.machine.kill(this.pid);
    }
  }

  #die(how: string): void {
    this.isDead = true;
    this.#toldDeath();
    this.#schedule.tell(() => `${this.name} is ${how}`);
    this.#schedule.died();
  }

  /** In so many ms of its own time; never when it is dead by then. */
  in(ms: number, happen: () => void): void {
    this.#schedule.time.in(ms, () => {
      const left = this.#pausedUntil - this.#schedule.time.ms;
      if (left > 0) {
        this.in(left, happen);
      } else if (!this.isDead) {
        happen();
      }
    });
  }

  get #disk(): Disk {
    const disk = this.#schedule.disk.openedBy(
      (what) => this.#passed(what),
      () => this.#mustLive(),
    );
    return {
      ...disk,
      write: (file, bytes) => {
        const taken = this.#orLost(() => disk.write(file, bytes));
        this.hasLostItsDisk ||= taken < bytes.length;
        return taken;
      },
      sync: (file) =>
        this.#orLost(() => {
          if (!this.#schedule.isCalm && this.#chance.of(0.001)) {
            throw Object.assign(new Error('EIO: fdatasync'), {code: 'EIO'});
          }
          disk.sync(file);
        }),
    };
  }

  #orLost<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      this.hasLostItsDisk = true;
      throw error;
    }
  }

  get #clock(): Clock {
    const utc = () => this.#utc;
    return {
      now: () => utc()?.now() ?? new Date(this.#schedule.time.ms),
      get carried() {
        return utc()?.carried as NonNullable<Clock['carried']>; // none without a clock of its own
      },
      monotonic: () => this.#schedule.time.ms,
      mark: this.machine.boot,
      stoppedMs: () => this.#stoppedMs,
      watch: (listener) => {
        this.#clockListeners.add(listener);
        return () => this.#clockListeners.delete(listener);
      },
      after: (ms, over) => {
        let isOff = false;
        this.in(ms, () => isOff || over());
        return () => {
          isOff = true;
        };
      },
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          const aborted = () => this.in(0, resolve);
          signal.addEventListener('abort', aborted, {once: true});
          this.in(ms, () => {
            signal.removeEventListener('abort', aborted);
            resolve();
          });
        }),
    };
  }

  #mustLive(): void {
    if (this.isDead) {
      throw new Killed(this.name);
    }
  }

  #passed(what: string): void {
    if (this.#schedule.isCalm) {
      return;
    }
    if (this.#chance.of(0.001)) {
      this.machine.kill(this.pid);
      this.#schedule.tell(() => `… after it ${what}`);
    } else if (this.#chance.of(0.0005)) {
      this.#schedule.losePower(`while ${this.name} ${what}`);
    }
    this.#mustLive();
  }

  #observed(event: EngineEvent): void {
    this.#mustLive();
    if (event.kind === 'journaled') {
      this.#schedule.journaled(this, event.entry);
    } else if (event.kind === 'progress') {
      this.#schedule.tell(() => `${this.name}: ${event.entry}: ${event.text}`);
    }
  }

  #session(name: ShelfName): Session<ShelfReader, ShelfWriter> {
    const {systems} = this.#schedule;
    const reader: ShelfReader = {
      name,
      read: (label) => this.request(() => systems.read(name, label), {fates}),
    };
    const put = (label: string, text: string | null): Promise<void> =>
      this.request(() => this.#schedule.put(this, name, label, text), {
        fates: this.#schedule.putLate ? {...fates, 'silent, late': 3} : fates,
        late: () => this.#schedule.putLate?.(this, name, label, text),
      });
    return {reader, writer: {...reader, put}, close: async () => {}};
  }

  /** What becomes of a request is settled when it is sent; when the sender hears of it is another matter. */
  request<Result>(
    serve: () => Result,
    {fates, late, signal}: {fates: Fates; late?: () => void; signal?: AbortSignal},
  ): Promise<Result> {
    if (this.isDead) {
      return new Promise(() => {});
    }
    const fate = this.#schedule.isCalm ? 'served' : this.#chance.weighed(fates);
    return new Promise((settle, refuse) => {
      const aborted = () => this.in(0, () => reject(signal?.reason));
      signal?.addEventListener('abort', aborted, {once: true});
      const over = () => signal?.removeEventListener('abort', aborted);
      const [resolve, reject] = [
        (result: Result) => [over(), settle(result)],
        (error: unknown) => [over(), refuse(error)],
      ];
      if (signal?.aborted) {
        aborted();
        return;
      }
      if (fate === 'silent, late') {
        late?.();
      }
      const isServed = fate === 'served' || fate === 'answer lost' || fate === 'silent, served';
      // What it does may throw, where the target refuses it.
      const answer = isServed ? this.#outcomeOf(serve) : undefined;
      if (fate.startsWith('silent')) {
        if (signal) {
          // Clients of a store give up by themselves.
          this.in(silenceMs, () => reject(new Error(fate)));
        }
        return;
      }
      this.in(this.#latency(), () => {
        if (answer && 'thrown' in answer && fate === 'served') {
          reject(answer.thrown);
        } else if (answer && 'result' in answer && fate === 'served') {
          resolve(answer.result);
        } else {
          reject(new Error(fate));
        }
      });
    });
  }

  #outcomeOf<Result>(serve: () => Result): {readonly result: Result} | {readonly thrown: unknown} {
    try {
      return {result: serve()};
    } catch (thrown) {
      return {thrown};
    }
  }

  /** Its time goes on from an entry of a journal. */
  carryOn(last: Moment): void {
    this.#utc &&= new MachineClock(last, this.#source);
  }

  get #source(): TimeSource {
    const {time, skewMs = 0} = this.#schedule;
    const mark = this.machine.boot;
    return {utcMs: () => time.ms + skewMs, upMs: () => time.ms, mark};
  }

  #latency(): number {
    return this.#schedule.isCalm ? 1 : this.#chance.between(1, 400);
  }

  #operator(name: string): Operator {
    return {
      name,
      ask: ({question}, signal) =>
        this.#think(signal, (isStopped): Answer => {
          const answer = isStopped
            ? 'unasked'
            : this.#schedule.isCalm
              ? 'yes'
              : this.#chance.weighed({yes: 17, no: 2, unasked: 1});
          this.#schedule.tell(() => `${this.name}: ${question} ${answer}`);
          return {answer, by: name};
        }),
      decide: ({entry, problem, reversibleTo: reverseTo, skip, mayGoAlone}, signal) =>
        this.#think(signal, (isStopped): Choice & {readonly by: string} => {
          const choice = isStopped
            ? 'stop'
            : this.#choose(problem.code, {reverse: reverseTo.length > 0, skip: skip.allowed});
          this.#schedule.tell(() => `${this.name}: ${entry}: ${problem.message} ${choice}`);
          switch (choice) {
            case 'skip':
              return {choice, reason: 'it may be', by: name};
            case 'reverse':
              return {
                choice,
                to: reverseTo[this.#chance.below(reverseTo.length)] ?? null,
                by: name,
              };
            default: {
              const by = this.#isAway(problem.code) ? 'nobody' : name;
              return choice === 'retry' && mayGoAlone && this.#leavesStore()
                ? {choice, alone: true, by}
                : {choice, by};
            }
          }
        }),
    };
  }

  #choose(code: string, can: {reverse: boolean; skip: boolean}): Choice['choice'] {
    if (this.#schedule.isCalm) {
      // What a stranger took away does not come by waiting; what is only late is there at the next try of the run.
      if (code === 'step-timeout') {
        return 'stop';
      }
      return code === 'gate-timeout' && can.skip ? 'skip' : 'retry';
    }
    // A program that answers may try what no menu offers.
    return this.#chance.weighed({retry: 10, skip: 1, reverse: can.reverse ? 3 : 0, stop: 3});
  }

  /** Draws no number: the nights of earlier seeds stay what they were, as long as nobody goes on alone. */
  #leavesStore(): boolean {
    return !this.#schedule.isCalm && Math.floor(this.#clock.monotonic()) % 3 === 0;
  }

  /** Without a terminal nobody decides, and the run stops. */
  #isAway(code: string): boolean {
    return code === 'process-stopped' && !this.#schedule.isCalm && this.#chance.of(0.3);
  }

  #think<Result>(signal: AbortSignal, answer: (isStopped: boolean) => Result): Promise<Result> {
    const ms = this.#schedule.isCalm ? 1 : this.#chance.between(100, 20_000);
    return this.#clock.sleep(ms, signal).then(() => answer(signal.aborted));
  }
}

const silenceMs = 15_000;

/** How often each of them is the end of a request. */
export type Fates = Readonly<Record<string, number>>;

const fates = {
  served: 120,
  throttled: 2,
  'request lost': 2,
  'answer lost': 2,
  silent: 1,
  'silent, served': 1,
};
