import {defineGate, done} from '../../src/index.ts';
import {onEveryHost} from './group/per-host.ts';
import {hostFiles, proxyInput, proxyObstacle} from './proxy/obstacles.ts';
import {hostGroup} from './target.ts';

/** Checks the reverse proxies before the freeze: hosts.forward-traffic need not do it while nobody can write. */
export const proxyReady = defineGate({
  name: 'hosts.proxy-ready',
  summary: 'Check that the old reverse proxy runs and can be reloaded with its current files.',
  targets: {hosts: hostGroup},
  input: proxyInput,
  /** For hosts.forward-traffic, which then needs to ask nothing. */
  output: hostFiles,
  needs: {
    hosts: ["sudo without a password for /bin/sh (the reverse proxy's test, systemctl show)"],
  },
  timeoutMs: 60_000,
  neverSkip: 'Only this gate finds a broken reverse proxy before writes are frozen.',

  async check({targets: {hosts}, input, run, signal}) {
    const proxies = await onEveryHost(hosts.hosts, (host) =>
      host.proxyState(input, run, true, signal),
    );
    return (
      proxyObstacle(proxies, input) ??
      done({
        hosts: proxies.flatMap(({host, value: {inPlace}}) =>
          inPlace === null ? [] : [{host, ...inPlace}],
        ),
      })
    );
  },
});
