import {setImmediate as allOthers} from 'node:timers/promises';
import type {Fact} from '../../model/journal.ts';
import type {Progress} from '../../model/progress.ts';
import {type Blocked, blocked, done, pending, type Verdict} from '../../model/verdict.ts';
import type {RunContext} from '../context.ts';
import type {Answer, Choice, Failure, Operator, Question} from '../operator.ts';
import {cannotLast, earlierOf, type Facts, thawed, thawing, withFact} from './facts.ts';
import {hurriedClock} from './hurried-clock.ts';
import {type Model, matters} from './model.ts';
import {modelContext} from './model-context.ts';
import {
  type Before,
  changesOf,
  factsAfter,
  type ModelEntry,
  type ModelLook,
  type ModelSystems,
  type Output,
  personsAnswer,
  type Way,
} from './model-units.ts';
import {obstacleIn, unmetIn} from './obstacles.ts';
import {OutageTime} from './outage-time.ts';
import {choicesFor, type Outcome, outcomesOf} from './outcomes.ts';
import {progressWith} from './progress-with.ts';
import {isDeclaredOutage, violationsIn} from './properties.ts';
import type {Script} from './script.ts';
import {storyOf} from './story.ts';
import {Turn} from './turn.ts';
import type {Finding, Moment, State} from './violation.ts';

/** Whether a failure of this entry was met in this state before. */
export type IsKnown = (state: State, entry: string) => boolean;

/**
 * One process of the engine, which works on one turn (an entry, or those of a group) and is then cut off: what comes
 * next is in the journal and in the systems alone, so it can be continued from there as often as there are ways to
 * go on.
 */
export class EngineProcess implements ModelSystems, Operator {
  readonly name = 'you';
  readonly #model: Model;
  readonly #script: Script;
  readonly #ended: Promise<void>;
  #end: () => void = () => {};
  #isOver = false;
  #progress: Progress;
  #facts: Facts;
  readonly story: string[] = [];
  readonly violations: Finding[] = [];
  readonly #isKnown: IsKnown;
  readonly #turn: Turn;
  readonly #clock = hurriedClock();
  readonly #time = new OutageTime(this.#clock, () => isDeclaredOutage(this.#model, this.#progress));
  readonly #looked = new Set<string>();
  readonly #blind = new Set<string>();

  constructor(model: Model, {progress, facts}: State, script: Script, isKnown: IsKnown) {
    this.#isKnown = isKnown;
    this.#model = model;
    this.#turn = new Turn(model.runbook);
    this.#script = script;
    this.#progress = progress;
    this.#facts = facts;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get state(): State {
    return {progress: this.#progress, facts: this.#facts};
  }

  /** Lets the engine work until its turn is over, the process dies, or it ends by itself. */
  async play(work: (context: RunContext) => Promise<unknown>): Promise<void> {
    const working = work(this.#context()).catch((error: unknown) => {
      // What a process that was cut off still did is not its own doing.
      if (!this.#isOver) {
        throw error;
      }
    });
    await Promise.race([this.#ended, working]);
    this.#isOver = true;
    working.catch(() => {});
  }

  #context(): RunContext {
    const [process, time] = [this, this.#time];
    return modelContext(this.#model.runbook, this, this.#clock, {
      get progress() {
        return process.#progress;
      },
      head: '',
      get outage() {
        return time.outage;
      },
      follow: (listener) => time.follow(listener),
      add: (fact) => this.#add(fact),
      shared: async () => {},
    });
  }

  #add(fact: Fact): void {
    if (this.#isOver || this.#turn.isOver(fact)) {
      throw this.#cut();
    }
    this.#progress = progressWith(this.#progress, fact);
    this.#turn.note(fact);
    this.story.push(...storyOf(fact));
    this.#judge({fact});
  }

  #judge(moment: Partial<Moment>, by?: string): void {
    const violations = violationsIn(this.#model, {...this.state, ...moment});
    const story = by ? [...this.story, by] : [...this.story];
    for (const violation of violations) {
      this.violations.push({violation, state: this.state, story});
    }
    if (violations.some(({continues}) => !continues)) {
      throw this.#cut();
    }
  }

  #cut(): ProcessOver {
    this.#isOver = true;
    this.#end();
    return new ProcessOver();
  }

  /** The process is gone: nothing of it goes on. */
  async #die(what: string): Promise<never> {
    this.story.push(what);
    this.#cut();
    return new Promise<never>(() => {});
  }

  check(entry: ModelEntry, {input, run}: ModelLook): Verdict<Before, Output> {
    const isOwnTurn = this.#turn.entries?.has(entry.id) ?? false;
    const isFirst = isOwnTurn && !this.#looked.has(entry.id) && !this.#isReversing;
    if (this.#blind.has(entry.id)) {
      throw new Error('out of reach');
    }
    if (isFirst) {
      this.#looked.add(entry.id);
      this.#mayThaw();
    }
    return entry.kind === 'gate'
      ? this.#gate(entry, input.read, isFirst)
      : this.#change(entry, run, isFirst);
  }

  get #isReversing(): boolean {
    return this.#progress.reversingTo !== undefined;
  }

  #gate(entry: ModelEntry, read: readonly Output[], isFirst: boolean): Verdict<never, Output> {
    const unmet = unmetIn(this.#facts, entry);
    if (unmet || (isFirst && this.#fails())) {
      return unmet ?? blocked('its check fails', '');
    }
    if (isFirst) {
      // A position that was read while somebody could write is not the last one.
      const isLast = read.every(({settled}) => settled);
      const proven = entry.effects.filter(({fact}) => isLast || fact !== 'caught-up');
      this.#make(proven.reduce(withFact, this.#facts), `${entry.id}: passes`);
    }
    return done({settled: this.#facts.accepts.length === 0});
  }

  #change(entry: ModelEntry, run: ModelLook['run'], isFirst: boolean): Verdict<Before, Output> {
    if (this.made(entry) === changesOf(entry)) {
      return done({settled: this.#facts.accepts.length === 0});
    }
    const unmet = run.started ? undefined : unmetIn(this.#facts, entry);
    if (unmet || (isFirst && this.#fails())) {
      return unmet ?? blocked('its check fails', '');
    }
    const earlier = entry.effects.map((effect) => earlierOf(this.#facts, effect));
    return pending((run.before as Before | undefined) ?? {earlier});
  }

  /** Whether the first check of an entry fails, or ends because the outage lasts too long. */
  #fails(): boolean {
    const end = this.#script.choose(['no', 'fails', ...this.#canBeTooLong]);
    if (end === 'too long') {
      this.#time.pass();
    }
    return end !== 'no';
  }

  get #canBeTooLong(): readonly 'too long'[] {
    const canPass = !this.#isReversing && this.#time.canPass(this.#model.runbook.head.outage);
    return canPass ? ['too long'] : [];
  }

  made({id}: ModelEntry): number {
    return this.#facts.made[id] ?? 0;
  }

  reversalObstacle(entry: ModelEntry): Blocked | undefined {
    return this.made(entry) > 0 ? obstacleIn(this.#facts, entry) : undefined;
  }

  async act(entry: ModelEntry, effect: number, way: Way): Promise<void> {
    const {id} = entry;
    this.#mayThaw();
    const isHarmless = !matters(this.#model, entry);
    const isAlone = (this.#turn.entries?.size ?? 1) < 2;
    const outcome = this.#script.choose<Outcome | 'too long'>([
      ...outcomesOf({isHarmless, isAlone, way: way.kind}),
      ...(isHarmless || !isAlone ? [] : this.#canBeTooLong),
    ]);
    if (outcome === 'fails') {
      throw new Error('an action fails');
    }
    if (outcome === 'dies when the others have ended') {
      await allOthers();
    }
    if (outcome.startsWith('dies')) {
      await this.#die(`the process dies in ${id}, before its change`);
    }
    if (way.kind === 'forward' && cannotLast(this.#facts, entry.effects[effect])) {
      throw new Error('the freeze has ended');
    }
    const what = way.kind === 'forward' ? 'makes its change' : 'takes its change back';
    this.#make(factsAfter(this.#facts, entry, effect, way), `${id}: ${what}`);
    if (outcome === 'too long') {
      this.#time.pass();
      throw new Error('the outage is too long');
    }
    if (outcome === 'is lost') {
      this.#blind.add(id);
      throw new Error('an answer is lost');
    }
    if (outcome === 'is made, and the process dies') {
      await this.#die(`the process dies in ${id}, after its change`);
    }
    if (outcome === 'fails after it') {
      throw new Error('an action fails after its change');
    }
  }

  /** A freeze that does not last ends between any two changes, or never. */
  #mayThaw(): void {
    for (const database of thawing(this.#facts)) {
      if (this.#script.choose(['lasts', 'ends']) === 'ends') {
        this.story.push(`${database} accepts writes again by itself`);
        this.#make(thawed(this.#facts, database));
      }
    }
  }

  #make(facts: Facts, by?: string): void {
    const earlier = this.#facts;
    this.#facts = facts;
    this.#judge({earlier}, by);
  }

  // The operator.

  async ask({about, entry}: Question): Promise<Answer> {
    // The point of no return is a turn of its own.
    if (about === 'point-of-no-return' && this.#turn.entries) {
      this.#cut();
      return new Promise<never>(() => {});
    }
    const byHand = about === 'by-hand' ? this.#model.entries.get(entry ?? '') : undefined;
    if (byHand) {
      this.#judge({asks: byHand.id});
      const before = this.#progress.entries.get(byHand.id)?.before as unknown as Before;
      const way: Way = this.#isReversing ? {kind: 'reverse', before} : {kind: 'forward'};
      return {answer: await personsAnswer(this, byHand, way), by: this.name};
    }
    if (about !== 'confirmation' && about !== 'point-of-no-return') {
      // A "no" leads back to the question before it.
      return {answer: 'yes', by: this.name};
    }
    this.#judge({asks: entry ?? 'the point of no return'});
    return {answer: this.#script.choose(['yes', 'no']), by: this.name};
  }

  async decide({entry, reversibleTo, skip}: Failure): Promise<Choice & {readonly by: string}> {
    if (this.#time.isPassed) {
      this.#judge({asksPastLimit: entry});
      this.#time.startAgain();
    }
    // The same question in the same state was answered in every way already.
    if (this.#script.isNew && this.#isKnown(this.state, entry)) {
      this.#cut();
      return new Promise<never>(() => {});
    }
    const choice = this.#script.choose(choicesFor(skip.allowed, reversibleTo));
    return {...choice, by: this.name};
  }
}

/** Thrown into an engine whose process is over. */
class ProcessOver extends Error {}
