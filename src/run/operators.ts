import type {Choice, Operator, Question} from '../engine/operator.ts';

/** Answers that were given before the run: on the command line, or by the program that starts it. */
interface GivenAnswers {
  /** Yes to the plan, to the plan of a reversal, and to every confirmation. */
  readonly yes: boolean;
  /** What happens when an entry fails: `reverse` reverses to the nearest checkpoint. */
  readonly onFailure?: 'stop' | 'reverse';
  /** Nothing real is at stake: yes is yes to everything. */
  readonly lab: boolean;
  /** The approval of the plan approves its point of no return too: nothing else is in the plan. */
  readonly planCoversNoReturn?: boolean;
  /** By entry: who did by hand what it asks for, or said yes, and a note. Each answers one question. */
  readonly answers?: Readonly<Record<string, string>>;
}

/** Given answers first, then the person. Without a person, other questions stay unanswered. */
export function operatorWith(given: GivenAnswers, person?: Operator): Operator {
  const flags = flagOperator(given);
  if (!person) {
    return flags;
  }
  return {
    name: person.name,
    ask: async (question, signal) => {
      // The person has just chosen it in a menu, and has not seen its plan when the flag was given.
      if (question.about === 'reversal' && given.onFailure === undefined) {
        return person.ask(question, signal);
      }
      const answer = await flags.ask(question, signal);
      return answer.answer === 'unasked' ? person.ask(question, signal) : answer;
    },
    decide: (failure, signal) =>
      (given.onFailure === undefined ? person : flags).decide(failure, signal),
  };
}

/** Answers by what was given beforehand, and asks nobody. */
export function flagOperator(given: GivenAnswers): Operator {
  const unused = new Map(Object.entries(given.answers ?? {}));
  return {
    name: 'flags',
    ask: async (question) => {
      const note = question.entry === null ? undefined : unused.get(question.entry);
      if (note !== undefined && question.entry !== null && takesNote(question)) {
        unused.delete(question.entry);
        return {answer: 'yes', by: '--answer', note};
      }
      if (given.planCoversNoReturn && question.about === 'point-of-no-return') {
        return {answer: 'yes', by: 'the approval of the plan'};
      }
      return isGiven(question, given)
        ? {answer: 'yes', by: '--yes'}
        : {answer: 'unasked', by: nobody};
    },
    decide: async ({reversibleTo}) =>
      given.onFailure === 'reverse'
        ? nearestOf(reversibleTo, onFailure)
        : {choice: 'stop', by: given.onFailure ? onFailure : nobody},
  };
}

/**
 * In a fleet, where nobody is asked: says yes to the plan, which was approved with its wave, to the rest of a reversal,
 * with which a unit continues only when a person has resumed it, and in the lab to every confirmation. Every other
 * question waits for a person. What fails in an outage is reversed, as by `run --on-failure reverse`; else the run
 * pauses.
 */
export function approvedOperator({
  by,
  isLab,
  isInOutage,
}: {
  /** Who started the wave. */
  readonly by: string;
  readonly isLab: () => boolean;
  readonly isInOutage: () => boolean;
}): Operator {
  return {
    name: by,
    ask: async ({about, entry}) => {
      const isPlan = (about === 'plan' || about === 'reversal') && entry === null;
      return isPlan || isLab()
        ? {answer: 'yes', by}
        : {answer: 'unasked', by: `${nobody}: "fleet status" shows the question`};
    },
    decide: async ({reversibleTo}) =>
      isInOutage()
        ? nearestOf(reversibleTo, 'the fleet, in an outage')
        : {choice: 'stop', by: 'the fleet'},
  };
}

const nobody = 'nobody';
const onFailure = '--on-failure';

/** Reverses to the nearest checkpoint, as was declared beforehand; stops where there is none. */
const nearestOf = (
  reversibleTo: readonly (string | null)[],
  by: string,
): Choice & {readonly by: string} => {
  const nearest = reversibleTo.at(-1);
  return nearest === undefined
    ? {choice: 'stop', by}
    : {choice: 'reverse', to: nearest, declared: true, by};
};

/** Says yes to everything, as "rehearsal". Only for the lab. `decide`: instead of a pause when an entry fails. */
export function rehearsalOperator(decide?: Operator['decide']): Operator {
  const by = 'rehearsal';
  return {
    name: by,
    ask: async () => ({answer: 'yes', by}),
    decide: decide ?? (async () => ({choice: 'stop', by: nobody})),
  };
}

/** A question whose answer may be known before the run: a plan or a point of no return is none. */
const takesNote = ({about, wantsNote, byPerson}: Question): boolean =>
  byPerson === undefined && (wantsNote === true || about === 'confirmation');

/**
 * A word to type, what is done by hand, the point of no return, a changed runbook and what a gate could not decide need
 * a person: a flag given before the run cannot know what it approves.
 */
function isGiven(
  {about, mustType, byPerson, wantsNote}: Question,
  {yes, lab}: GivenAnswers,
): boolean {
  const needsPerson =
    byPerson ||
    wantsNote ||
    mustType !== undefined ||
    about === 'point-of-no-return' ||
    about === 'changes';
  return yes && (lab || !needsPerson);
}
