import {hashOf} from '../../src/journal/chain.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {appliedEntries, type Progress} from '../../src/model/progress.ts';
import {Chance} from './chance.ts';
import {SimulatedDisk} from './disk.ts';
import {SimulatedMachine} from './machine.ts';
import {OutageWatch} from './outage-watch.ts';
import {Process} from './process.ts';
import {type Ended, journalPath, Onlooker} from './program.ts';
import {type Night, type ShelfName, Systems} from './systems.ts';
import {Time} from './time.ts';

/** A promise of the engine was broken. */
export class Violation extends Error {}

/** One night: systems, a disk, two operators on one machine or two, and everything that can go wrong. */
export class Schedule {
  readonly chance: Chance;
  readonly time = new Time();
  readonly disk = new SimulatedDisk(['/', '/var']);
  readonly night: Night;
  readonly systems: Systems;
  /** What happened, in words. */
  readonly story: string[] = [];
  /** Nothing goes wrong any more. */
  isCalm = false;
  readonly #machines: readonly [SimulatedMachine, SimulatedMachine];
  readonly #hasStranger: boolean;
  readonly #isTold: boolean;
  #words = 0;
  readonly #onlooker = new Onlooker();
  #tokens = 0;
  readonly #runs: string[] = [];
  #processes: Process[] = [];
  #violation: Violation | undefined;
  #isReversing = false;
  readonly #outages: OutageWatch;

  constructor(seed: number, {night, isTold}: {readonly night: Night; readonly isTold: boolean}) {
    this.night = night;
    this.systems = new Systems(night);
    this.#outages = new OutageWatch(this);
    this.#isTold = isTold;
    this.chance = new Chance(seed);
    const tokens = () => (this.#tokens += 1);
    const bastion = new SimulatedMachine('bastion', tokens);
    this.#machines = [
      bastion,
      this.chance.of(0.5) ? bastion : new SimulatedMachine('laptop', tokens),
    ];
    this.#hasStranger = this.chance.of(0.15);
  }

  /** The whole night, and then one operator who brings it to an end in peace. */
  async live(): Promise<void> {
    const untilMs = this.time.ms + 120_000;
    const nights = ['ada', 'bob'].map((user, index) =>
      this.#operate(user, this.#machines[index] ?? this.#machines[0], untilMs),
    );
    if (this.#hasStranger) {
      this.#meddle();
    }
    await this.#until(Promise.all(nights));
    this.isCalm = true;
    this.disk.freeBytes = Number.POSITIVE_INFINITY;
    await this.#until(this.#end());
  }

  /** The words are made only for those who will read them: the same seed can always be told again. */
  tell(words: () => string): void {
    this.#words += 1;
    if (this.#words === longestStory) {
      this.#violation ??= new Violation('it goes round in circles');
    }
    if (this.#isTold) {
      this.story.push(`${((this.time.ms - nightfall) / 1_000).toFixed(3)} ${words()}`);
    }
  }

  /** Remembered, and thrown where no code under test can catch it. */
  refute(words: string): void {
    this.tell(() => `VIOLATION: ${words}`);
    this.#violation ??= new Violation(words);
  }

  died(): void {
    this.#assertTold('after a death', this.newest());
  }

  losePower(when: string): void {
    this.tell(() => `the power fails ${when}`);
    for (const process of this.#processes) {
      process.kill();
    }
    for (const machine of new Set(this.#machines)) {
      machine.reboot();
    }
    const pick = this.chance;
    this.disk.losePower((bytes) => (pick.of(0.5) ? 0 : pick.between(0, bytes)), pick.of(0.5));
    this.disk.freeBytes = Number.POSITIVE_INFINITY;
    this.#assertTold('after the power failed', this.newest());
  }

  /** A write reaches its target. */
  put(process: Process, name: ShelfName, label: string, text: string | null): void {
    const words = `${process.name} puts ${text} into ${label} on ${name}`;
    this.tell(() => words);
    if (process.isOvertaken) {
      this.refute(`${words}, although it was overtaken`);
    }
    if (process.hasLostItsDisk) {
      this.refute(`${words}, although its disk had failed`);
    }
    const entry = this.systems.entryOfBox(name, label) ?? 'nobody';
    if (this.systems.read(name, label) === text && !this.systems.foreign.has(`${name} ${label}`)) {
      this.refute(`${words}, although nothing was pending there`);
    }
    this.#assertIntended(words, entry);
    this.systems.put(name, label, text);
    if (label === 'parcel ordered' && text !== null) {
      this.time.in(this.isCalm ? 100 : this.chance.between(50, 15_000), () => this.#deliver());
    }
    if (label === 'r') {
      this.time.in(this.isCalm ? 100 : this.chance.between(0, 8_000), () => this.#publish());
    }
  }

  journaled(process: Process, entry: JournalEntry): void {
    this.tell(() => `${process.name} #${entry.seq} ${shortly(entry)}`);
    if (process.isOvertaken) {
      this.refute(`${process.name} wrote ${entry.kind}, although it was overtaken`);
    }
    this.#overtakenBy(process);
    this.#outages.journaled(process, entry);
    if (
      entry.kind === 'entry-done' &&
      entry.entry in this.night.setBy &&
      !this.systems.isMade(entry.entry)
    ) {
      this.refute(`${entry.entry} is called done, and is not`);
    }
    if (entry.kind === 'entry-reversed' && this.systems.isChanged(entry.entry)) {
      this.refute(`${entry.entry} is called reversed, and is changed`);
    }
  }

  /** Whoever writes is the one who holds the run: from now on nobody else may act. */
  #overtakenBy(process: Process): void {
    for (const other of this.#processes) {
      other.isOvertaken ||= other !== process;
    }
  }

  #deliver(): void {
    const ordered = this.systems.read('b', 'parcel ordered');
    if (ordered !== null) {
      // What a stranger ordered is a stranger's parcel.
      if (this.systems.foreign.has('b parcel ordered')) {
        this.systems.foreign.add('b parcel');
      }
      this.systems.put('b', 'parcel', ordered);
    }
  }

  #publish(): void {
    this.systems.put('view', 'r', this.systems.read('b', 'r'));
  }

  /** Somebody who knows nothing of the run changes a box of it. */
  #meddle(): void {
    this.time.in(this.chance.between(1_000, 120_000), () => {
      const [entry, [name, texts]] = this.chance.one(Object.entries(this.night.setBy));
      const label = this.chance.one(Object.keys(texts));
      this.tell(() => `a stranger changes ${label} of ${entry}`);
      this.systems.foreign.add(`${name} ${label}`);
      this.systems.put(name, label, 'foreign');
    });
  }

  async #operate(user: string, machine: SimulatedMachine, untilMs: number): Promise<void> {
    for (;;) {
      await this.#wait(this.chance.between(1_000, 30_000));
      const so = this.newest();
      if (this.time.ms >= untilMs || so?.outcome === 'done') {
        return;
      }
      const process = this.#start(user, machine);
      if (this.chance.of(0.05)) {
        this.disk.freeBytes = this.chance.below(3_000);
        this.time.in(this.chance.between(1_000, 60_000), () => {
          this.disk.freeBytes = Number.POSITIVE_INFINITY;
        });
      }
      this.#disturb(process);
      await this.#perform(process, so);
    }
  }

  #start(user: string, machine: SimulatedMachine): Process {
    const process = new Process(this, user, machine);
    this.#processes.push(process);
    return process;
  }

  #disturb(process: Process): void {
    const later = (share: number, happen: () => void): void => {
      if (this.chance.of(share)) {
        this.time.in(this.chance.between(0, 60_000), () => process.isDead || happen());
      }
    };
    later(0.25, () => process.kill());
    later(0.2, () => process.signal());
    later(0.1, () => process.signal());
    later(0.15, () => process.pause(this.chance.between(1_000, 90_000)));
    later(0.05, () => this.losePower('at night'));
  }

  async #perform(process: Process, so: Progress | undefined): Promise<void> {
    const command =
      !so || isBack(so)
        ? 'run'
        : this.isCalm
          ? this.#isReversing
            ? 'reverse'
            : 'resume'
          : this.chance.weighed({resume: 12, reverse: 3, unlock: 2});
    this.tell(() => `${process.name} ${command} ${so?.run.run ?? ''}`);
    // Dead processes end nowhere: whoever waits for one goes on all the same.
    const ended = await Promise.race([this.#result(process, command, so), process.death]);
    if (ended && !process.isDead) {
      this.#assertEnd(process, ended);
    }
    if (!process.isDead) {
      process.machine.ended(process.pid);
      process.isDead = true;
    }
    this.#processes = this.#processes.filter((other) => !other.isDead);
  }

  async #result(
    process: Process,
    command: 'run' | 'resume' | 'reverse' | 'unlock',
    so: Progress | undefined,
  ): Promise<Ended | undefined> {
    try {
      switch (command) {
        case 'run':
          return await process.program.run(this.#freshRun());
        case 'resume':
          return await process.program.resume(so?.run.run ?? '', so);
        case 'reverse':
          return await process.program.reverse(so?.run.run ?? '', this.#placeIn(so), so);
        case 'unlock':
          await process.program.unlock(so?.run.run ?? '', () => this.#overtakenBy(process));
          return undefined;
      }
    } catch (error) {
      if (process.isDead) {
        return undefined;
      }
      if (!(error instanceof SwitcharooError)) {
        this.refute(`${process.name} ended with a bug: ${(error as Error).stack ?? String(error)}`);
        return undefined;
      }
      this.tell(() => `${process.name} is refused: ${error.problem.message}`);
      return undefined;
    }
  }

  #placeIn(so: Progress | undefined): string | null {
    const places = [null, ...(so?.checkpoints ?? [])];
    return this.isCalm ? null : (places[this.chance.below(places.length)] ?? null);
  }

  #freshRun(): string {
    const run = `r${this.#runs.length + 1}`;
    this.#runs.push(run);
    return run;
  }

  /** In peace the run comes to its end, forward or back, in few tries. */
  async #end(): Promise<void> {
    for (const process of this.#processes) {
      process.kill();
    }
    this.#processes = [];
    this.#isReversing = this.chance.of(0.4);
    await this.#freeLock(this.newest());
    for (let tries = 0; tries < 8; tries += 1) {
      await this.#wait(20_000);
      const so = this.newest();
      if (so?.outcome === 'done' || (so && isBack(so) && this.#isReversing)) {
        return;
      }
      if (so?.passedPointOfNoReturn) {
        this.#isReversing = false;
      }
      await this.#perform(this.#start('eve', this.#machines[0]), so);
    }
    const so = this.newest();
    if (this.systems.foreign.size === 0) {
      this.refute(`in peace it did not come to an end: ${so?.outcome} ${so?.problem?.message}`);
    }
  }

  /** A holder on another machine is never known to be dead: somebody must say so. */
  async #freeLock(so: Progress | undefined): Promise<void> {
    const process = this.#start('eve', this.#machines[0]);
    try {
      await process.program.unlock(so?.run.run ?? 'r1', () => this.#overtakenBy(process));
    } catch (error) {
      this.tell(() => `nothing to unlock: ${(error as Error).message}`);
    }
    process.kill();
  }

  #assertEnd(process: Process, {code, outcome, progress}: Ended): void {
    this.tell(() => `${process.name} ends with ${code}: ${JSON.stringify(outcome)}`);
    if ('problem' in outcome && outcome.problem.code === 'lock-lost') {
      return;
    }
    if (process.isOvertaken) {
      this.refute(`${process.name} does not say that it lost its lock`);
    }
    this.#assertTold(`${process.name} ends with ${code}`, progress);
    this.#outages.ended(process, outcome);
    const changed = Object.keys(this.night.setBy).filter((entry) => this.systems.isChanged(entry));
    if ((code === 3 || code === 4) && changed.length > 0) {
      this.refute(`${process.name} ends with ${code}, and ${changed} is changed`);
    }
    const isAll = outcome.kind === 'done';
    const missing = [...progress.entries.values()].filter(
      ({id, state}) => id in this.night.setBy && state === 'done' && !this.systems.isMade(id),
    );
    if (isAll && missing.length > 0) {
      this.refute(`${process.name} is done, and ${missing.map(({id}) => id)} is not made`);
    }
    if (code === 5 && appliedEntries(progress).length === 0) {
      this.refute(`${process.name} ends with 5, and names nothing that stands`);
    }
    if ((code === 6) !== (outcome.kind === 'reverse-failed')) {
      this.refute(`${process.name} ends with ${code} after ${outcome.kind}`);
    }
  }

  /** Whatever is changed is told, and what is called as before is so. */
  #assertTold(where: string, progress: Progress | undefined): void {
    for (const entry of Object.keys(this.night.setBy)) {
      const so = progress?.entries.get(entry);
      if (this.systems.isChanged(entry) && !so?.applied) {
        this.refute(`${where}: ${entry} is changed, and the journal calls it ${so?.state}`);
      }
    }
    this.#outages.assertTold(where, progress);
  }

  #assertIntended(words: string, entry: string): void {
    const lines = this.disk.syncedText(journalPath(this.#runs.at(-1) ?? '')).split('\n');
    const last = lines.findLast(
      (line) => line.includes(`"entry":"${entry}"`) && line.endsWith('}') && hashOf(line),
    );
    if (!last?.includes('"kind":"action-intended"')) {
      this.refute(`${words}, and no disk has heard of it`);
    }
  }

  /** As anyone would read it who looks now. It always loads. */
  newest(): Progress | undefined {
    try {
      return this.#onlooker.newest(this.disk, this.#runs);
    } catch (error) {
      this.refute(`the journal cannot be loaded: ${(error as Error).message}`);
      return undefined;
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

const longestStory = 10_000;
const nightfall = new Time().ms;

/** At the very start again: what comes next is a new run. */
const isBack = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'reversed' && checkpoints.length === 0;

function shortly(entry: JournalEntry): string {
  const {seq: _seq, prev: _prev, atUtc: _at, ...fact} = entry;
  return fact.kind === 'run-started' ? fact.kind : JSON.stringify(fact);
}
