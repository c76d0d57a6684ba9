import type {Operator, Question} from '../engine/operator.ts';
import type {Redactor} from '../journal/redactor.ts';

/** A person is shown what a server said when an entry failed, or when it was asked something, and no secret in it. */
export const redactedOperator = (operator: Operator, redactor: Redactor): Operator => ({
  name: operator.name,
  ask: (question, signal) =>
    operator.ask(
      {
        ...question,
        ...redactedFacts(question, redactor),
        // It is read after the question was journaled.
        get head() {
          return question.head;
        },
      } as Question,
      signal,
    ),
  decide: (failure, signal) =>
    operator.decide(
      {
        ...failure,
        problem: redactor.value(failure.problem),
        ...redactedFacts(failure, redactor),
      },
      signal,
    ),
});

const redactedFacts = ({facts}: Pick<Question, 'facts'>, redactor: Redactor) =>
  facts ? {facts: async () => redactor.value(await facts())} : {};
