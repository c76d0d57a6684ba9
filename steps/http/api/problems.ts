import type {Problem} from '../../../src/index.ts';
import type {ApiRequest} from '../contract.ts';

export const apiUnreachable = (asked: string, cause: Error): Problem => ({
  code: 'api-unreachable',
  message: `${asked} got no answer: ${cause.message.replace(/\.$/, '')}.`,
  hint: `Check the "url" of the target in the inventory, and whether this machine reaches it.${
    asked.startsWith('GET ') ? '' : ' It may have taken effect: the next check shows that.'
  }`,
});

export const apiRefused = (asked: string, status: number): Problem => ({
  code: 'api-refused',
  message: `${asked} was answered with ${status}.`,
  hint:
    status === 401 || status === 403
      ? 'Check the "headers" of the target in the inventory: the API does not accept them. Then resume or reverse the run.'
      : 'Send the request by hand, and fix the cause. Then resume or reverse the run.',
});

export const apiStateUnclear = (asked: string, answered: string): Problem => ({
  code: 'api-state-unclear',
  message: `${asked} ${answered}.`,
  hint: 'Send the request of "check" by hand. Correct "doneWhen" and "pendingWhen" in the runbook, or fix what it shows. Then resume or reverse the run.',
});

export const apiStateUnchanged = (asked: string, seconds: number, answered: string): Problem => ({
  code: 'api-state-unchanged',
  message: `The API accepted ${asked}, but after ${seconds} s ${answered}.`,
  hint: 'Look at the system behind the API. When it shows the change, resume; a longer "settleSeconds" waits longer.',
});

/** `POST https://admin.example.com/v1/consumers/pause` */
export const requestText = (url: string, {method, path}: ApiRequest): string =>
  `${method} ${url}${path}`;
