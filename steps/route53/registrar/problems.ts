import type {Problem} from '../../../src/index.ts';

export const operationFailed = (facts: {
  readonly target: string;
  readonly operation: string;
  readonly status: string;
  readonly said: string;
}): Problem => ({
  code: 'registrar-operation-failed',
  message: `Operation ${facts.operation} of ${facts.target} is ${facts.status}: ${facts.said}`,
  hint: `See what it says: aws route53domains get-operation-detail --region us-east-1 --operation-id ${facts.operation}; then resume.`,
});

export const requestRefused = (facts: {
  readonly target: string;
  readonly action: string;
  readonly said: string;
}): Problem => ({
  code: 'registrar-refused',
  message: `Route 53 Domains refuses ${facts.action} for target ${facts.target}: ${facts.said}`,
  hint: 'Correct the domain of this target in the inventory, or do what it asks for in the console; then plan again.',
});

export const notTaken = (facts: {
  readonly target: string;
  readonly tries: number;
  readonly said: string;
}): Problem => ({
  code: 'registrar-not-taken',
  message: `Route 53 Domains has not taken the change for ${facts.target} in ${facts.tries} tries: ${facts.said}`,
  hint: 'Look at its operations in the console (Registered domains, Requests), and resume once none is under way.',
});
