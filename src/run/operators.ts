import type {Operator, Question} from '../engine/operator.ts';

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
  return {
    name: 'flags',
    ask: async (question) => {
      if (given.planCoversNoReturn && question.about === 'point-of-no-return') {
        return {answer: 'yes', by: 'the approval of the plan'};
      }
      return isGiven(question, given)
        ? {answer: 'yes', by: '--yes'}
        : {answer: 'unasked', by: 'nobody'};
    },
    decide: async ({reversibleTo}) => {
      const nearest = reversibleTo.at(-1);
      return given.onFailure === 'reverse' && nearest !== undefined
        ? {choice: 'reverse', to: nearest, declared: true, by: '--on-failure'}
        : {choice: 'stop', by: given.onFailure ? '--on-failure' : 'nobody'};
    },
  };
}

/** Says yes to everything, as "rehearsal". Only for the lab. */
export function rehearsalOperator(): Operator {
  const by = 'rehearsal';
  return {
    name: by,
    ask: async () => ({answer: 'yes', by}),
    decide: async () => ({choice: 'stop', by: 'nobody'}),
  };
}

/**
 * A word to type, the point of no return, a changed runbook and what a gate could not decide need a person: a flag
 * given before the run cannot know what it approves.
 */
function isGiven({about, mustType, byPerson}: Question, {yes, lab}: GivenAnswers): boolean {
  const needsPerson =
    byPerson || mustType !== undefined || about === 'point-of-no-return' || about === 'changes';
  return yes && (lab || !needsPerson);
}
