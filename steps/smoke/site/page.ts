import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {isIP} from 'node:net';
import {proxyAgent, SwitcharooError} from '../../../src/index.ts';
import type {Page} from '../contract.ts';
import {siteUnreachable} from './problems.ts';
import {trustedCas} from './trusted-cas.ts';

const pageTimeoutMs = 5_000;
const longestBody = 1_000_000;

/** Gets `url` from `address`, through a proxy where this machine has one. Ends after 5 s, or the first megabyte. */
export async function getPage(
  url: string,
  address: string,
  {ca, signal}: {readonly ca: string | undefined; readonly signal: AbortSignal},
): Promise<Page> {
  const proxy = await proxyAgent({keepAlive: false});
  const trusted = trustedCas(ca);
  signal.throwIfAborted();
  const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      {...optionsFor(url, address), ...trusted, ...(proxy ? {agent: proxy} : {})},
      (answer) => {
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
      },
    );
    const stop = () => request.destroy(signal.reason);
    const limit = setTimeout(
      () => request.destroy(new Error(`no answer within ${pageTimeoutMs / 1_000} s`)),
      pageTimeoutMs,
    );
    signal.addEventListener('abort', stop, {once: true});
    request.on('error', (cause) =>
      reject(
        signal.aborted
          ? signal.reason
          : new SwitcharooError(siteUnreachable(url, address, cause), {cause}),
      ),
    );
    request.on('close', () => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
    });
    request.end();
  });
}

function optionsFor(url: string, address: string) {
  const {protocol, host, hostname, port, pathname, search} = new URL(url);
  return {
    ...{host: address, path: pathname + search, agent: false as const},
    port: port || (protocol === 'https:' ? 443 : 80),
    headers: {host, 'user-agent': 'switcharoo', connection: 'close'},
    // A certificate is for the name, at every address; a bare address has no name to send.
    ...(isIP(hostname.replace(/^\[|\]$/g, '')) ? {} : {servername: hostname}),
  };
}
