import type {Problem} from '../../../src/index.ts';
import type {ApiRequest} from '../contract.ts';

export const apiUnreachable = (asked: string, cause: Error): Problem => ({
  code: 'api-unreachable',
  message: `${asked} got no answer: ${cause.message.replace(/\.$/, '')}.`,
  hint: `Check the "url" of the target in the inventory, and that this machine reaches it.${
    asked.startsWith('GET ') ? '' : ' The request may have taken effect: the next check shows it.'
  }`,
});

export const apiRefused = (asked: string, status: number): Problem => ({
  code: 'api-refused',
  message: `${asked} was answered with ${status}.`,
  hint:
    status === 401 || status === 403
      ? 'The API does not accept the "headers" of the target: correct them in the inventory. Then resume or reverse the run.'
      : 'Read the log of the API, and fix the cause. Then resume or reverse the run.',
});

export const apiStateUnclear = (asked: string, answered: string): Problem => ({
  code: 'api-state-unclear',
  message: `${asked} ${answered}.`,
  hint: 'Send the request of "check" by hand to see the answer. Correct "doneWhen" and "pendingWhen" in the runbook, or fix the system behind the API. Then resume or reverse the run.',
});

export const apiStateUnchanged = (asked: string, seconds: number, answered: string): Problem => ({
  code: 'api-state-unchanged',
  message: `The API accepted ${asked}, but after ${seconds} s ${answered}.`,
  hint: 'Check the system behind the API. Resume once "check" shows the change. If the system is only slow, set a longer "settleSeconds" in the runbook.',
});

/** `POST https://admin.example.com/v1/consumers/pause` */
export const requestText = (url: string, {method, path}: ApiRequest): string =>
  `${method} ${url}${path}`;
