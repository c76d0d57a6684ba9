import {inFlightIn} from '../../src/model/in-flight.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import type {Progress} from '../../src/model/progress.ts';
import {Chance} from './chance.ts';
import {SimulatedDisk} from './disk.ts';
import {SimulatedMachine} from './machine.ts';
import {type Fates, Process} from './process.ts';
import {type Ended, journalPath, Onlooker} from './program.ts';
import {Violation} from './schedule.ts';
import {SharedProgram} from './shared-program.ts';
import {SharedRuns} from './shared-runs.ts';
import {type Asking, SimulatedStore} from './store.ts';
import {type Night, type ShelfName, Systems} from './systems.ts';
import {Time} from './time.ts';

interface HostSide {
  readonly user: string;
  readonly machine: SimulatedMachine;
  readonly disk: SimulatedDisk;
  readonly skewMs: number;
  readonly onlooker: Onlooker;
  /** The store does not answer it until then. */
  awayUntilMs: number;
  /** A write that it sent is under way until then. */
  lateUntilMs: number;
}

/** A start of the program on one of the hosts, and what is known of it. */
interface Worker {
  readonly process: Process;
  readonly program: SharedProgram;
  readonly host: HostSide;
  /** The run that it works on. */
  run: string;
  /** It goes on although its journal is not shared: its claims alone hold it back. */
  isUnshared: boolean;
  /** Somebody on the other host has written to the run. */
  isLost: boolean;
  /** And has found out that no action of it can be under way any more. */
  isSaidStopped: boolean;
  /** And has ended its claims, and the sessions that hold them. */
  isWithoutClaims: boolean;
}

type Command = 'catch up' | 'run' | 'resume' | 'reverse' | 'alone' | 'take-over' | 'hand-over';

/** Two operators on two hosts, one store, and everything that can go wrong with all of them. */
export class TwoHosts {
  readonly chance: Chance;
  readonly time = new Time();
  readonly night: Night;
  readonly systems: Systems;
  /** What happened, in words. */
  readonly story: string[] = [];
  /** Nothing goes wrong any more. */
  isCalm = false;
  readonly #store: SimulatedStore;
  readonly #shared = new SharedRuns((words) => this.refute(words));
  readonly #hosts: readonly [HostSide, HostSide];
  readonly #isTold: boolean;
  readonly #runs: string[] = [];
  #workers: Worker[] = [];
  /** Who last acted on each entry without a word in the store; nobody, once that host has lost the run. */
  readonly #actedAlone = new Map<string, HostSide | undefined>();
  /** Those with a write on its way to its target, whether their process lives or not. */
  readonly #sending: Worker[] = [];
  #words = 0;
  #tokens = 0;
  #violation: Violation | undefined;

  constructor(seed: number, {night, isTold}: {readonly night: Night; readonly isTold: boolean}) {
    this.night = night;
    this.systems = new Systems(night);
    this.#isTold = isTold;
    this.chance = new Chance(seed);
    this.#store = new SimulatedStore(() => this.time.ms);
    const hostOf = (user: string, name: string): HostSide => ({
      user,
      machine: new SimulatedMachine(name, () => (this.#tokens += 1)),
      disk: new SimulatedDisk(['/', '/var']),
      skewMs: this.chance.between(-300_000, 300_000),
      onlooker: new Onlooker(),
      awayUntilMs: 0,
      lateUntilMs: 0,
    });
    this.#hosts = [hostOf('ada', 'bastion'), hostOf('bob', 'laptop')];
  }

  /** The whole night, and then one operator who brings it to an end in peace. */
  async live(): Promise<void> {
    const untilMs = this.time.ms + 120_000;
    for (const host of this.#hosts) {
      this.#takeStoreAway(host);
    }
    await this.#until(Promise.all(this.#hosts.map((host) => this.#operate(host, untilMs))));
    this.isCalm = true;
    for (const host of this.#hosts) {
      host.awayUntilMs = 0;
    }
    await this.#until(this.#end());
  }

  tell(words: () => string): void {
    this.#words += 1;
    if (this.#words === longestStory) {
      this.#violation ??= new Violation('it goes round in circles');
    }
    if (this.#isTold) {
      this.story.push(`${((this.time.ms - nightfall) / 1_000).toFixed(3)} ${words()}`);
    }
  }

  refute(words: string): void {
    this.tell(() => `VIOLATION: ${words}`);
    this.#violation ??= new Violation(words);
  }

  #takeStoreAway(host: HostSide): void {
    if (this.chance.of(0.5)) {
      this.time.in(this.chance.between(0, 100_000), () => {
        const ms = this.chance.between(1_000, 40_000);
        this.tell(() => `the store is away from ${host.user} for ${ms} ms`);
        host.awayUntilMs = this.time.ms + ms;
      });
    }
  }

  /** What a process knows of its host. */
  #surroundingsOf(host: HostSide) {
    const whole = this;
    return {
      ...{chance: this.chance, night: this.night, time: this.time, disk: host.disk},
      ...{systems: this.systems, skewMs: host.skewMs},
      get isCalm() {
        return whole.isCalm;
      },
      tell: (words: () => string) => this.tell(words),
      died: () => {},
      losePower: (when: string) => this.#losePower(host, when),
      put: (process: Process, name: ShelfName, label: string, text: string | null) =>
        this.#put(this.#workerOf(process), {name, label, text}),
      putLate: (process: Process, name: ShelfName, label: string, text: string | null) => {
        const [worker, ms] = [this.#workerOf(process), this.chance.between(500, latestMs)];
        host.lateUntilMs = Math.max(host.lateUntilMs, this.time.ms + ms);
        this.#sending.push(worker);
        this.time.in(ms, () => {
          this.#sending.splice(this.#sending.indexOf(worker), 1);
          this.#put(worker, {name, label, text}, true);
        });
      },
      journaled: (process: Process, entry: JournalEntry) =>
        this.#journaled(this.#workerOf(process), entry),
    };
  }

  #workerOf(process: Process): Worker {
    const worker = this.#workers.find((other) => other.process === process);
    if (!worker) {
      throw new Error('nobody has started it');
    }
    return worker;
  }

  #losePower(host: HostSide, when: string): void {
    this.tell(() => `the power of ${host.user} fails ${when}`);
    for (const worker of this.#workers) {
      if (worker.host === host) {
        worker.process.kill();
      }
    }
    host.machine.reboot();
    const pick = this.chance;
    host.disk.losePower((bytes) => (pick.of(0.5) ? 0 : pick.between(0, bytes)), pick.of(0.5));
  }

  /** A write reaches its target. */
  #put(
    worker: Worker,
    {name, label, text}: {name: ShelfName; label: string; text: string | null},
    isLate = false,
  ): void {
    const words = `${worker.process.name} puts ${text} into ${label} on ${name}`;
    if (worker.isUnshared && worker.isWithoutClaims) {
      if (isLate) {
        return;
      }
      throw new Error('its session was ended');
    }
    this.tell(() => `${words}${isLate ? ', late' : ''}`);
    if (worker.process.isOvertaken && !worker.isUnshared) {
      this.refute(`${words}, although the other host has acted on ${worker.run} since`);
    }
    if (worker.isSaidStopped && !worker.isUnshared) {
      this.refute(`${words}, although nothing of that host was said to be under way`);
    }
    const entry = this.systems.entryOfBox(name, label) ?? 'nobody';
    if (worker.isUnshared) {
      this.#actedAlone.set(entry, worker.host);
    } else if (!isLate) {
      this.#assertShared(words, worker.run, entry);
    }
    for (const other of this.#reachable) {
      other.process.isOvertaken ||= other.isLost && other.host !== worker.host;
    }
    this.systems.put(name, label, text);
    if (label === 'parcel ordered' && text !== null) {
      const ms = this.isCalm ? 100 : this.chance.between(50, 15_000);
      this.time.in(ms, () => {
        const ordered = this.systems.read('b', 'parcel ordered');
        if (ordered !== null) {
          this.systems.put('b', 'parcel', ordered);
        }
      });
    }
    if (label === 'r') {
      const ms = this.isCalm ? 100 : this.chance.between(0, 8_000);
      this.time.in(ms, () => this.systems.put('view', 'r', this.systems.read('b', 'r')));
    }
  }

  /** Whoever takes the run over finds the intent. */
  #assertShared(words: string, run: string, entry: string): void {
    if (!inFlightIn(this.#shared.entriesOf(run)).some((action) => action.entry === entry)) {
      this.refute(`${words}, and the store has not heard of it`);
    }
  }

  #journaled(worker: Worker, entry: JournalEntry): void {
    this.tell(() => `${worker.process.name} #${entry.seq} ${shortly(entry)}`);
    worker.isUnshared ||=
      entry.kind === 'not-shared' || (entry.kind === 'run-resumed' && entry.alone === true);
    if (
      entry.kind === 'entry-done' &&
      entry.entry in this.night.setBy &&
      !worker.isLost &&
      !this.#isMade(worker.host, entry.entry)
    ) {
      this.refute(`${entry.entry} is called done, and is not`);
    }
  }

  /**
   * Or somebody has acted on it, could not share it, and has lost the run since: people ask before they take over from
   * there, and a take-over may have begun before.
   */
  #isMade(host: HostSide, entry: string): boolean {
    const isUnheard = this.#actedAlone.has(entry) && this.#actedAlone.get(entry) !== host;
    return this.systems.isMade(entry) || isUnheard;
  }

  /** The store as a process reaches it. */
  #storeFor(worker: () => Worker): ObjectStore {
    const asking: Asking = (what, serve, signal) => {
      const {process, host} = worker();
      const isAway = !this.isCalm && this.time.ms < host.awayUntilMs;
      const fates = isAway ? fatesAway : what === 'add' ? fatesOfWrites : fatesOfReads;
      const late = () => this.time.in(this.chance.between(500, 20_000), () => void serve());
      return process.request(serve, {fates, late, signal});
    };
    return this.#store.openedBy(asking, (key, text) => this.#added(worker(), key, text));
  }

  get #reachable(): readonly Worker[] {
    return [...new Set([...this.#workers, ...this.#sending])];
  }

  /** Whoever writes an entry owns what follows. */
  #added(writer: Worker, key: string, text: string): void {
    this.tell(() => `${writer.process.name} adds ${key}: ${text.split('\n').length - 1} entries`);
    this.#shared.added(key, text);
    const isStopped = text.includes('"kind":"earlier-holder-stopped"');
    for (const [entry, host] of this.#actedAlone) {
      this.#actedAlone.set(entry, host === writer.host ? host : undefined);
    }
    for (const other of this.#reachable) {
      const isSameRun = key.startsWith(`${other.run}/`);
      const isLost = isSameRun && other.host !== writer.host && other.run !== '';
      other.isLost ||= isLost;
      other.isSaidStopped ||= isLost && isStopped;
    }
  }

  async #operate(host: HostSide, untilMs: number): Promise<void> {
    for (;;) {
      await this.#wait(this.chance.between(1_000, 20_000));
      const command = this.#chooseFor(host);
      if (this.time.ms >= untilMs || command === 'over') {
        return;
      }
      if (command !== 'wait') {
        const worker = this.#start(host);
        this.#disturb(worker);
        await this.#perform(worker, command);
      }
    }
  }

  #chooseFor(host: HostSide): Command | 'over' | 'wait' {
    const run = this.#runs.at(-1);
    if (run === undefined || this.#isBack(run)) {
      // The claims in the database servers keep a second run out.
      return this.#workers.some((worker) => worker.run === run) ? 'wait' : 'run';
    }
    if (this.#shared.progressOf(run)?.outcome === 'done') {
      return 'over';
    }
    const other = this.#hosts.find((each) => each !== host) ?? host;
    const isThere = (side: HostSide) => this.#workers.some((worker) => worker.host === side);
    // Its claims are still its own.
    const isOwn = this.#isNewer(host, run);
    // Whose run it was may come back: a person who goes on alone with it knows that nobody does.
    const isHolder = this.#newestOn(host)?.operator.host === host.machine.id;
    const mayGoAlone = isOwn && isHolder && this.time.ms < host.awayUntilMs && !isThere(other);
    const mayTakeOver = this.#shared.textOf(run) !== '' && !this.#mayActUnshared(other, run);
    const isHere = this.#textOn(host, run) !== '' && !this.#hasActedAlone(other, run);
    const weights = {
      resume: isHere ? 10 : 0,
      reverse: isHere ? 3 : 0,
      'hand-over': isHere ? 2 : 0,
      alone: isHere && mayGoAlone ? 5 : 0,
      'take-over': mayTakeOver ? (isHere ? 4 : 10) : 0,
      wait: 1,
    };
    return this.chance.weighed(weights);
  }

  /** People ask, before they take over from somebody who could not reach the store. */
  #mayActUnshared(host: HostSide, run: string): boolean {
    const isUnderWay = this.#workers.some((worker) => worker.host === host && worker.isUnshared);
    return isUnderWay || this.#hasActedAlone(host, run);
  }

  /**
   * It has acted, and the store has not heard of it. A take-over may have reached the store meanwhile: who took the run
   * over asks before they go on, as they were told to, and the run is taken over on that host.
   */
  #hasActedAlone(host: HostSide, run: string): boolean {
    const here = this.#textOn(host, run).split('\n');
    const shared = this.#shared.textOf(run).split('\n');
    const agreed = here.findIndex((line, index) => line !== (shared[index] || line));
    const from = agreed < 0 ? shared.length - 1 : agreed;
    const hasActed = (lines: readonly string[]) => lines.some((line) => line.includes('"action-'));
    return hasActed(here.slice(from)) && !hasActed(shared.slice(from));
  }

  #textOn(host: HostSide, run: string): string {
    const text = host.disk.bytesAt(journalPath(run))?.toString('utf8') ?? '';
    return text.slice(0, text.lastIndexOf('\n') + 1);
  }

  /** At the very start again, as far as any host knows: what comes next is a new run. */
  #isBack(run: string): boolean {
    return this.#hosts.some((host) => {
      const here = this.#newestOn(host);
      return here?.run.run === run && isBack(here) && this.#isNewer(host, run);
    });
  }

  /** Nobody else has gone on since. */
  #isNewer(host: HostSide, run: string): boolean {
    return this.#textOn(host, run).startsWith(this.#shared.textOf(run));
  }

  #newestOn({onlooker, disk}: HostSide): Progress | undefined {
    try {
      return onlooker.newest(disk, this.#runs);
    } catch (error) {
      this.refute(`the journal cannot be loaded: ${(error as Error).message}`);
      return undefined;
    }
  }

  #start(host: HostSide, user = host.user): Worker {
    const process = new Process(this.#surroundingsOf(host), user, host.machine);
    const store = this.#storeFor(() => worker);
    const sharing = {
      store,
      carryOn: (last: Parameters<Process['carryOn']>[0]) => process.carryOn(last),
      assertUnclaimed: () => this.#assertUnclaimed(worker),
      think: () => new Promise<void>((resolve) => process.in(this.#thoughtMs(), resolve)),
    };
    const program = new SharedProgram(process.around, sharing);
    const flags = {
      isUnshared: false,
      isLost: false,
      isSaidStopped: false,
      isWithoutClaims: false,
    };
    const worker: Worker = {process, program, host, run: '', ...flags};
    this.#workers.push(worker);
    return worker;
  }

  #assertUnclaimed({host, run}: Worker): void {
    const isClaimed = this.#workers.some((other) => other.host !== host && other.run === run);
    if (isClaimed || !this.#isNewer(host, run)) {
      const message = `the systems are claimed from the other host`;
      throw new SwitcharooError({code: 'system-claimed', message, hint: 'Wait.'});
    }
  }

  #thoughtMs(): number {
    return this.isCalm ? 1 : this.chance.between(100, 10_000);
  }

  #disturb({process, host}: Worker): void {
    const later = (share: number, happen: () => void): void => {
      if (this.chance.of(share)) {
        this.time.in(this.chance.between(0, 60_000), () => process.isDead || happen());
      }
    };
    later(0.2, () => process.kill());
    later(0.15, () => process.signal());
    later(0.1, () => process.signal());
    later(0.25, () => process.pause(this.chance.between(1_000, 90_000)));
    later(0.03, () => this.#losePower(host, 'at night'));
  }

  async #perform(worker: Worker, command: Command): Promise<void> {
    const {process} = worker;
    const fresh = `20260301-030000-${(this.#runs.length + 1).toString(16).padStart(4, '0')}`;
    if (command === 'run') {
      this.#runs.push(fresh);
    }
    worker.run = this.#runs.at(-1) ?? fresh;
    this.tell(() => `${process.name} ${command} ${worker.run}`);
    const ended = await Promise.race([this.#result(worker, command), process.death]);
    if (ended && !process.isDead) {
      this.#assertEnd(worker, ended);
    }
    if (!process.isDead) {
      process.machine.ended(process.pid);
      process.isDead = true;
    }
    this.#workers = this.#workers.filter((other) => other !== worker);
  }

  async #result(worker: Worker, command: Command): Promise<Ended | undefined> {
    const {process, program, run} = worker;
    try {
      switch (command) {
        case 'run':
          return await program.begin(run);
        case 'resume':
          return await program.goOn(run, false);
        case 'reverse':
          return await program.goBack(run, this.#placeIn(run), false);
        case 'alone':
          worker.isUnshared = true;
          return this.chance.of(0.5)
            ? await program.goOn(run, true)
            : await program.goBack(run, this.#placeIn(run), true);
        case 'catch up':
          await program.catchUp([run]);
          return undefined;
        case 'take-over':
          await program.takeOver(run, this.#isSure(worker), () => this.#endClaims(worker));
          return undefined;
        case 'hand-over':
          await program.handOver(run, 'the other');
          return undefined;
      }
    } catch (error) {
      if (process.isDead) {
        return undefined;
      }
      const isStopped = process.stopping.signal.aborted && !ofEngine.has(command);
      const isTold = error instanceof SwitcharooError || isStopped;
      if (!isTold && !storeErrors.has((error as Error).message)) {
        this.refute(`${process.name} ended with a bug: ${(error as Error).stack ?? String(error)}`);
        return undefined;
      }
      this.tell(() => `${process.name} is refused: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** `--now` is for those who know that nothing is under way there. */
  #isSure({host}: Worker): boolean {
    const isQuiet = this.#hosts.every(
      (other) =>
        other === host ||
        (other.lateUntilMs < this.time.ms &&
          this.#workers.every((worker) => worker.host !== other)),
    );
    return isQuiet && (this.isCalm || this.chance.of(0.3));
  }

  #endClaims({host, run}: Worker): void {
    for (const other of this.#reachable) {
      other.isWithoutClaims ||= other.host !== host && other.run === run;
    }
  }

  #placeIn(run: string): string | null {
    const places = [null, ...(this.#shared.progressOf(run)?.checkpoints ?? [])];
    return this.isCalm ? null : (places[this.chance.below(places.length)] ?? null);
  }

  #assertEnd(
    {process, run, host, isLost, isUnshared}: Worker,
    {code, outcome, progress}: Ended,
  ): void {
    this.tell(() => `${process.name} ends with ${code}: ${JSON.stringify(outcome)}`);
    if (isLost || isUnshared) {
      return;
    }
    if ('problem' in outcome && outcome.problem.code === 'lock-lost') {
      this.refute(`${process.name} says that it lost ${run}, and nobody else has it`);
    }
    this.#assertTold(`${process.name} ends with ${code}`, progress);
    const missing = Object.keys(this.night.setBy).filter((entry) => !this.#isMade(host, entry));
    const made = missing.filter((entry) => progress.entries.get(entry)?.state === 'done');
    if (outcome.kind === 'done' && made.length > 0) {
      this.refute(`${process.name} is done, and ${made} is not made`);
    }
  }

  /** What is changed is told. */
  #assertTold(where: string, progress: Progress | undefined): void {
    for (const entry of Object.keys(this.night.setBy)) {
      const so = progress?.entries.get(entry);
      if (this.systems.isChanged(entry) && !so?.applied) {
        this.refute(`${where}: ${entry} is changed, and the journal calls it ${so?.state}`);
      }
    }
  }

  /** In peace the run comes to its end, forward or back, in few tries, and the store has all of it. */
  async #end(): Promise<void> {
    for (const {process} of this.#workers) {
      process.kill();
    }
    this.#workers = [];
    await this.#wait(latestMs + 20_000);
    let isReversing = this.chance.of(0.4);
    const chosen = this.chance.one(this.#hosts);
    for (let tries = 0; tries < 10; tries += 1) {
      await this.#wait(20_000);
      const run = this.#runs.at(-1);
      const shared = run === undefined ? undefined : this.#shared.progressOf(run);
      // What a host did alone before it lost the run may keep a check from passing: then a person goes back.
      isReversing ||= tries === 5 && this.#actedAlone.size > 0;
      isReversing &&= !shared?.passedPointOfNoReturn;
      const over = run === undefined ? undefined : this.#over(run, isReversing);
      if (over) {
        await this.#perform(this.#start(over.host, 'eve'), 'catch up');
        this.#assertOver(over.host, over.run, over.here);
        return;
      }
      const host = this.#hostToEnd(chosen, run);
      const worker = this.#start(host, 'eve');
      await this.#perform(worker, this.#commandAtEnd(host, run, isReversing));
    }
    this.refute('in peace it did not come to an end');
  }

  #over(run: string, isReversing: boolean) {
    const over = this.#hosts.flatMap((host) => {
      const here = this.#newestOn(host);
      const isEnd = here?.outcome === 'done' || (here && isBack(here) && isReversing);
      return isEnd && here?.run.run === run && this.#isNewer(host, run) ? [{host, run, here}] : [];
    });
    return over[0];
  }

  /** The one who acted while the store was away, or who never reached it, goes on there. */
  #hostToEnd(chosen: HostSide, run: string | undefined): HostSide {
    const only = this.#hosts.find(
      (host) =>
        run !== undefined &&
        (this.#hasActedAlone(host, run) || this.#shared.textOf(run) === '') &&
        this.#textOn(host, run) !== '',
    );
    return only ?? chosen;
  }

  #commandAtEnd(host: HostSide, run: string | undefined, isReversing: boolean): Command {
    const here = this.#newestOn(host);
    const isEmpty =
      run !== undefined && this.#hosts.every((each) => this.#textOn(each, run) === '');
    if (run === undefined || isEmpty || this.#isBack(run)) {
      return 'run';
    }
    // The process that offered it died before anybody heard of that.
    if (
      here?.handedOverTo !== undefined &&
      this.#isNewer(host, run) &&
      this.#textOn(host, run) !== this.#shared.textOf(run)
    ) {
      return 'hand-over';
    }
    const shared = this.#shared.progressOf(run);
    const isHolder = !shared || shared.operator.host === host.machine.id;
    const mayGoOn =
      here?.run.run === run &&
      this.#isNewer(host, run) &&
      isHolder &&
      here.handedOverTo === undefined &&
      here.notBefore === undefined;
    return mayGoOn ? (isReversing ? 'reverse' : 'resume') : 'take-over';
  }

  #assertOver(host: HostSide, run: string, progress: Progress): void {
    if (this.#textOn(host, run) !== this.#shared.textOf(run)) {
      this.refute(`the store differs from the journal of ${host.user} at the end`);
    }
    this.#assertTold('at the end', progress);
    const wrong = Object.keys(this.night.setBy).filter((entry) =>
      isBack(progress)
        ? this.systems.isChanged(entry)
        : progress.entries.get(entry)?.state === 'done' && !this.#isMade(host, entry),
    );
    if (wrong.length > 0) {
      this.refute(`at the end ${run} is ${progress.outcome}, and ${wrong} is otherwise`);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.in(ms, resolve));
  }

  async #until(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    await this.time.pass(() => isOver || this.#violation !== undefined);
    if (!isOver) {
      this.refute('nobody does anything any more');
    }
    if (this.#violation) {
      throw this.#violation;
    }
    await over;
  }
}

/** Whatever stops these is an outcome. */
const ofEngine = new Set<Command>(['run', 'resume', 'reverse', 'alone']);
const longestStory = 10_000;
const nightfall = new Time().ms;
/** Less than what a take-over waits for beyond the limit of an action. */
const latestMs = 4_000;

const fatesOfReads: Fates = {served: 200, throttled: 2, 'request lost': 2, silent: 1};
const fatesOfWrites: Fates = {
  ...{served: 120, throttled: 2, 'request lost': 2, 'answer lost': 3, '409': 3},
  ...{silent: 1, 'silent, served': 2, 'silent, late': 2},
};
const fatesAway: Fates = {'request lost': 3, silent: 2};
/** As the client of a store words them. */
const storeErrors = new Set([fatesOfReads, fatesOfWrites, fatesAway].flatMap(Object.keys));

/** At the very start again. */
const isBack = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'reversed' && checkpoints.length === 0;

function shortly(entry: JournalEntry): string {
  const {seq: _seq, prev: _prev, atUtc: _at, monotonic: _ms, ...fact} = entry;
  return fact.kind === 'run-started' ? fact.kind : JSON.stringify(fact);
}
