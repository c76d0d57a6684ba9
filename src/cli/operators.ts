import type {Operator} from '../engine/operator.ts';
import type {App} from './app.ts';
import {flagOperator, rehearsalOperator, terminalOperator} from './ask.ts';
import type {Showing} from './run-screen.ts';

export {rehearsalOperator};

export interface Answering {
  /** Yes to the plan and to every confirmation; never to the point of no return, but in the lab. */
  readonly yes: boolean;
  readonly onFailure?: 'stop' | 'reverse';
  /** Nothing real is at stake. */
  readonly lab: boolean;
}

/** Who answers: flags first, then the person at the terminal. Without one, what no flag answers stays unasked. */
export function operatorFor(app: App, show: Showing, answering: Answering): Operator {
  const flags = flagOperator(answering);
  if (!app.terminal || app.json) {
    return flags;
  }
  const person = terminalOperator({screen: show, user: app.operator.user, paint: app.paint});
  return {
    name: person.name,
    ask: async (question, signal) => {
      const given = await flags.ask(question, signal);
      return given.answer === 'unasked' ? person.ask(question, signal) : given;
    },
    decide: (failure, signal) =>
      answering.onFailure === undefined
        ? person.decide(failure, signal)
        : flags.decide(failure, signal),
  };
}
