import type {Operator} from '../engine/operator.ts';
import type {Redactor} from '../journal/redactor.ts';

/** A person is shown what a server said when an entry failed, and no secret in it. */
export const redactedOperator = (operator: Operator, redactor: Redactor): Operator => ({
  name: operator.name,
  ask: (question, signal) => operator.ask(question, signal),
  decide: (failure, signal) =>
    operator.decide({...failure, problem: redactor.value(failure.problem)}, signal),
});
