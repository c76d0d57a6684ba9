import type {Problem} from '../../../src/index.ts';

export const operationFailed = (facts: {
  readonly target: string;
  readonly operation: string;
  readonly status: string;
  readonly answer: string;
}): Problem => ({
  code: 'registrar-operation-failed',
  message: `Operation ${facts.operation} of ${facts.target} is ${facts.status}: ${facts.answer}`,
  hint: `Fix the cause that this command prints, then resume: aws route53domains get-operation-detail --region us-east-1 --operation-id ${facts.operation}`,
});

export const requestRefused = (facts: {
  readonly target: string;
  readonly action: string;
  readonly answer: string;
}): Problem => ({
  code: 'registrar-request-refused',
  message: `Route 53 Domains refuses ${facts.action} for target ${facts.target}: ${facts.answer}`,
  hint: 'Correct the domain of this target in the inventory, or fix the cause in the console of Route 53; then plan again.',
});

export const changeNotMade = (facts: {
  readonly target: string;
  readonly attempts: number;
  readonly answer: string;
}): Problem => ({
  code: 'registrar-change-not-made',
  message: `Route 53 Domains did not make the change for ${facts.target} in ${facts.attempts} attempts: ${facts.answer}`,
  hint: 'List its operations: aws route53domains list-operations --region us-east-1. Resume when none is in progress.',
});
