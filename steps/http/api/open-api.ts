import {SwitcharooError} from '../../../src/index.ts';
import {exchange} from '../../smoke/index.ts';
import type {ApiAnswer, ApiRequest, ApiWriter} from '../contract.ts';
import {apiUnreachable, requestText} from './problems.ts';

interface ApiConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
}

const answerLimitMs = 10_000;

/** The API as a target of this name: every answer, of whatever status, is given back. */
export function openApi(name: string, {url: base, headers, ca}: ApiConfig): ApiWriter {
  const url = base.replace(/\/+$/, '');
  const ask = async (request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> => {
    const {method, path, body} = request;
    const sent = {url: `${url}${path}`, method, headers, ca, limitMs: answerLimitMs};
    try {
      const answer = await exchange(body === undefined ? sent : {...sent, body}, signal);
      return {status: answer.status, body: answer.body};
    } catch (cause) {
      signal.throwIfAborted();
      // A request throws nothing else.
      throw new SwitcharooError(apiUnreachable(requestText(url, request), cause as Error), {cause});
    }
  };
  return {name, url, get: (path, signal) => ask({method: 'GET', path}, signal), send: ask};
}
