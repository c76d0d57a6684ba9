import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {isIP} from 'node:net';
import {proxyAgent} from '../../../src/index.ts';
import type {Page} from '../contract.ts';
import {trustedCas} from './trusted-cas.ts';

/** One request, and how long its answer may take. */
interface Exchange {
  readonly url: string;
  /** Without it, the host of the URL is looked up. */
  readonly address?: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Certificates of a CA beside the usual ones (PEM). */
  readonly ca?: string | undefined;
  readonly limitMs: number;
}

const longestBody = 1_000_000;

/**
 * Sends a request, through a proxy where this machine has one. Ends at its limit, or with the first megabyte of the
 * answer. No redirect is followed. Errors are those of the socket.
 */
export async function exchange(asked: Exchange, signal: AbortSignal): Promise<Page> {
  const proxy = await proxyAgent({keepAlive: false});
  signal.throwIfAborted();
  const send = new URL(asked.url).protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = {...optionsFor(asked), ...trustedCas(asked.ca)};
    const request = send({...options, ...(proxy ? {agent: proxy} : {})}, (answer) => {
      let body = '';
      const finish = () => {
        const {location} = answer.headers;
        const status = answer.statusCode ?? 0;
        resolve(location === undefined ? {status, body} : {status, location, body});
        request.destroy();
      };
      answer.setEncoding('utf8').on('error', reject).on('end', finish);
      answer.on('data', (chunk) => {
        body += chunk;
        if (body.length >= longestBody) {
          finish();
        }
      });
    });
    const stop = () => request.destroy(signal.reason);
    const limit = setTimeout(
      () => request.destroy(new Error(`no answer within ${asked.limitMs / 1_000} s`)),
      asked.limitMs,
    );
    signal.addEventListener('abort', stop, {once: true});
    request.on('error', (cause) => reject(signal.aborted ? signal.reason : cause));
    request.on('close', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
    });
    request.end(asked.body);
  });
}

function optionsFor({url, address, method, headers, body}: Exchange) {
  const {protocol, host, hostname, port, pathname, search} = new URL(url);
  const plain = hostname.replace(/^\[|\]$/g, '');
  return {
    ...{method, host: address ?? plain, path: pathname + search, agent: false as const},
    port: port || (protocol === 'https:' ? 443 : 80),
    headers: {
      ...(body === undefined ? {} : {'content-length': Buffer.byteLength(body)}),
      ...headers,
      ...{host, 'user-agent': 'switcharoo', connection: 'close'},
    },
    // A certificate is for the name, at every address; a bare address has no name to send.
    ...(isIP(plain) ? {} : {servername: hostname}),
  };
}
