import type {RegistrarWriter} from '../contract.ts';
import {plainName, serverText} from './server-text.ts';

/**
 * A registrar where a person makes the changes: the writer prints what to enter, and the steps check the parent zone.
 */
export function manualRegistrar(name: string, domain: string, registrar: string): RegistrarWriter {
  return {
    name,
    domain,
    provider: `by hand at ${registrar}`,
    registration: async () => undefined,
    pendingOperation: async () => undefined,
    setNameServers: async (servers, signal, say) => {
      signal.throwIfAborted();
      say(
        `at ${registrar}, enter ${serverText(servers)} as the name servers of ${plainName(domain)}, and remove all others`,
      );
    },
    setKeys: async (_keys, ds, signal, say) => {
      signal.throwIfAborted();
      say(
        ds.length === 0
          ? `at ${registrar}, remove every DS record (or DNSSEC key) of ${plainName(domain)}`
          : `at ${registrar}, enter for ${plainName(domain)} the DS ${ds.length === 1 ? 'record' : 'records'} ${ds.join('; ')}`,
      );
    },
  };
}
