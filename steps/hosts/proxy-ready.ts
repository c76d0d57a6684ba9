import {z} from 'zod';
import {defineGate, done} from '../../src/index.ts';
import {doorInput, whyNotReady} from './proxy/obstacles.ts';
import {hostGroup, onEvery} from './target.ts';

/** Asks the front doors about themselves while it may take its time; hosts.forward-traffic need not ask again then. */
export const proxyReady = defineGate({
  name: 'hosts.proxy-ready',
  summary: 'Check that the old front door runs, and could be reloaded with the files that it has.',
  targets: {hosts: hostGroup},
  input: doorInput,
  output: z.object({}),
  needs: {hosts: ["sudo without a password for /bin/sh (the front door's test, systemctl show)"]},
  timeoutMs: 60_000,

  async check({targets: {hosts}, input, run, signal}) {
    const found = await onEvery(hosts.hosts, (host) => host.door(input, run, true, signal));
    return whyNotReady(found, input) ?? done({});
  },
});
