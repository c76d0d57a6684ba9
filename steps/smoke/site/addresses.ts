import {lookup, Resolver} from 'node:dns/promises';
import {isIP} from 'node:net';
import {SwitcharooError} from '../../../src/index.ts';
import {siteUnresolved} from './problems.ts';

const lookUpTimeoutMs = 1_500;

/** All addresses of `host`, which may be an address itself. Without `resolver` the system is asked. */
export async function addressesOf(
  host: string,
  resolver: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const plain = host.replace(/^\[|\]$/g, '');
  if (isIP(plain)) {
    return [plain];
  }
  try {
    return await (resolver === undefined
      ? fromSystem(host, signal)
      : fromResolver(host, resolver, signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw new SwitcharooError(siteUnresolved(host, resolver, cause), {cause});
  }
}

async function fromSystem(host: string, signal: AbortSignal): Promise<readonly string[]> {
  // The system's look-up cannot be cancelled; after an abort its answer is ignored.
  const addresses = await Promise.race([lookup(host, {all: true}), aborted(signal)]);
  return addresses.map(({address}) => address);
}

/** A new resolver each time: node's resolvers remember answers. */
async function fromResolver(
  host: string,
  server: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = new Resolver({timeout: lookUpTimeoutMs, tries: 2});
  resolver.setServers([server]);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, {once: true});
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = [v4, v6].flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value : [],
    );
    const failed = [v4, v6].find(
      (answer) => answer.status === 'rejected' && !isMissing(answer.reason),
    );
    // Without half of the answer, some addresses would not be checked.
    if (failed?.status === 'rejected') {
      throw failed.reason;
    }
    if (addresses.length === 0 && v4.status === 'rejected') {
      throw v4.reason;
    }
    return addresses;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

const isMissing = ({code}: NodeJS.ErrnoException) => code === 'ENODATA' || code === 'ENOTFOUND';

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}
