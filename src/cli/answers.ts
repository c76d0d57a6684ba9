import type {Operator, Question} from '../engine/operator.ts';

/** Answers that were given on the command line, before the run. */
export interface GivenAnswers {
  /** Yes to the plan, to the plan of a way back, and to every confirmation. */
  readonly yes: boolean;
  /** What happens when an entry fails: `reverse` goes back to the nearest place that it can go back to. */
  readonly onFailure?: 'stop' | 'reverse';
  /** Nothing real is at stake: yes is yes to everything. */
  readonly lab: boolean;
}

/** Nobody is at a terminal: what was not answered beforehand is not answered. */
export function flagOperator(given: GivenAnswers): Operator {
  return {
    name: 'flags',
    ask: async (question) =>
      isGiven(question, given) ? {answer: 'yes', by: '--yes'} : {answer: 'unasked', by: 'nobody'},
    decide: async ({reverseTo}) => {
      const nearest = reverseTo.at(-1);
      return given.onFailure === 'reverse' && nearest !== undefined
        ? {choice: 'reverse', to: nearest, by: '--on-failure'}
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
    decide: async () => ({choice: 'stop', by}),
  };
}

/**
 * A word that must be typed, the point of no return and a changed runbook want a person: a flag from before the run
 * cannot know what it would say yes to.
 */
function isGiven({about, mustType}: Question, {yes, lab}: GivenAnswers): boolean {
  const wantsPerson =
    mustType !== undefined || about === 'point-of-no-return' || about === 'changes';
  return yes && (lab || !wantsPerson);
}
