import {observedError, preflightOf} from '../../../src/index.ts';
import type {HostsReader} from '../contract.ts';

/** What every step on hosts needs. */
export const hostsPreflight = preflightOf<HostsReader>([
  {
    name: 'host-refused',
    severity: 'blocks',
    expects: 'switcharoo can log in on every host and run a command there as root.',
    consequence: 'Every step on this host fails, in the outage too.',
    fix: 'Fix the login or sudo on the host as the finding says.',
    find: async ({hosts}, signal) => {
      const answers = await Promise.allSettled(hosts.map((host) => host.secondOfMinute(signal)));
      return answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? [] : [observedError(answer.reason)],
      );
    },
  },
]);
