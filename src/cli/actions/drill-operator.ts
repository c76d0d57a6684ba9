import type {EngineEvent} from '../../engine/events.ts';
import type {Choice, Failure, Operator} from '../../engine/operator.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {elapsedMs} from '../../model/moment.ts';
import {losslessOf} from '../../model/reversal-loss.ts';
import type {DrillDecision} from '../../report/index.ts';

/** A choice that was given before the drill. */
export type GivenChoice = Choice['choice'];

/** Says yes to every question, and decides one failure after the other as it was told; then it stops. */
export function scriptedOperator(choices: readonly GivenChoice[]): Operator {
  const by = '--decide';
  const left = [...choices];
  return {
    name: by,
    ask: async () => ({answer: 'yes', by}),
    decide: async ({reversibleTo}) => {
      const choice = left.shift() ?? 'stop';
      const nearest = reversibleTo.at(-1);
      switch (choice) {
        case 'skip':
          return {choice, reason: 'given with --decide', by};
        case 'reverse':
          // After the point of no return nothing can be reversed.
          return nearest === undefined ? {choice: 'stop', by} : {choice, to: nearest, by};
        default:
          return {choice, by};
      }
    },
  };
}

interface DrillWatch {
  readonly now: () => Date;
  /** Nobody can write now. */
  readonly writesRefused: () => boolean;
  readonly faultLasts: () => Promise<boolean>;
  /** A question about a failure is up for the first time. */
  readonly onFirstAsked: () => void;
  /** Called before a choice is carried out. */
  readonly beforeChoice: () => Promise<void>;
}

/** Passes every question on to who is drilled, and keeps what was decided, when, and what was known then. */
export class DrilledOperator implements Operator {
  readonly #person: Operator;
  readonly #watch: DrillWatch;
  readonly #decisions: DrillDecision[] = [];
  readonly ask: Operator['ask'];

  constructor(person: Operator, watch: DrillWatch) {
    this.#person = person;
    this.#watch = watch;
    this.ask = (question, signal) => person.ask(question, signal);
  }

  get name(): string {
    return this.#person.name;
  }

  get decisions(): readonly DrillDecision[] {
    return this.#decisions;
  }

  async decide(failure: Failure, signal: AbortSignal): Promise<Choice & {readonly by: string}> {
    const {now, writesRefused, faultLasts, onFirstAsked, beforeChoice} = this.#watch;
    let askedAt = now();
    const asked = () => {
      askedAt = now();
      if (this.#decisions.length === 0) {
        onFirstAsked();
      }
    };
    const onAsked: Failure['onAsked'] = (person, facts) => {
      failure.onAsked?.(person, facts);
      asked();
    };
    const decided = await this.#person.decide({...failure, onAsked}, signal);
    const {entry, problem} = failure;
    const tookMs = elapsedMs(askedAt, now());
    this.#decisions.push({
      entry,
      problem: problem.code,
      message: problem.message,
      choice: decided.choice,
      ...(decided.choice === 'reverse' ? {to: decided.to} : {}),
      ...impossibleAfter(decided, failure),
      by: decided.by,
      askedAtUtc: askedAt.toISOString(),
      tookMs,
      writesRefused: writesRefused(),
      faultLasted: await faultLasts().catch(() => false),
      carriedOut: false,
      ...(signal.aborted ? {cutOff: true} : {}),
    });
    await beforeChoice();
    return decided;
  }

  /** For the events of the run: what became of the last choice, and whether a reversal loses writes. */
  observe(event: EngineEvent): void {
    const last = this.#decisions.at(-1);
    if (event.kind === 'reverse-planned' && last?.choice === 'reverse') {
      this.#decisions.splice(-1, 1, {...last, lossless: losslessOf(event.losses)});
    }
    if (last && event.kind === 'journaled' && isCarriedOut(last, event.entry)) {
      this.#decisions.splice(-1, 1, {...last, carriedOut: true});
    }
  }
}

/** A reversal needs an approval, a skip may be refused, and the limit of an outage may decide otherwise. */
function isCarriedOut({choice, entry}: DrillDecision, fact: JournalEntry): boolean {
  switch (choice) {
    case 'reverse':
      return fact.kind === 'reverse-started';
    case 'skip':
      return fact.kind === 'entry-skipped' && fact.entry === entry;
    default:
      return fact.kind === 'answered' && fact.about === 'failure' && fact.answer === choice;
  }
}

const impossibleAfter = ({choice}: Choice, {skip}: Failure): Pick<DrillDecision, 'impossible'> =>
  choice === 'skip' && skip.allowed ? {impossible: [...skip.impossible]} : {};
