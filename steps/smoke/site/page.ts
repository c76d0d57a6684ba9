import {SwitcharooError} from '../../../src/index.ts';
import type {Page} from '../contract.ts';
import {exchange} from './exchange.ts';
import {siteUnreachable} from './problems.ts';

const pageTimeoutMs = 5_000;

/** Gets `url` from `address`. Ends after 5 s. */
export async function getPage(
  url: string,
  address: string,
  {ca, signal}: {readonly ca: string | undefined; readonly signal: AbortSignal},
): Promise<Page> {
  try {
    return await exchange({url, address, method: 'GET', ca, limitMs: pageTimeoutMs}, signal);
  } catch (cause) {
    signal.throwIfAborted();
    // A request throws nothing else.
    throw new SwitcharooError(siteUnreachable(url, address, cause as Error), {cause});
  }
}
