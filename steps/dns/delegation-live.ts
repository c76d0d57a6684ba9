import {z} from 'zod';
import {defineGate, done, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';

/** Open once the parent, the new name servers and Route 53 agree who answers for the domain. */
export const delegationLive = defineGate({
  name: 'dns.delegation-live',
  summary: 'Wait until every server of the parent zone sends people to the new name servers.',
  targets: {
    parent: dnsZone,
    /** Route 53's own servers for the zone. */
    new: dnsZone,
    zone: hostedZone,
  },
  input: z.object({}),
  output: z.object({nameServers: z.array(z.string())}),
  needs: {
    parent: ['to reach each server over UDP and TCP'],
    new: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone'],
  },
  timeoutMs: 24 * 3_600_000,
  poll: {firstMs: 250, mostMs: 30_000},
  check: async ({targets: {parent, new: fresh, zone}, signal}) => {
    const {name: domain, nameServers} = await zone.domain(signal);
    const wanted = [...nameServers].sort().join(', ');
    const above = (await parent.delegations(domain, signal)).map((told) => ({
      who: `${told.server.address} of ${parent.name}`,
      says:
        told.kind === 'unheard'
          ? `gives no answer: ${told.reason}`
          : told.nameServers.map(({name}) => name).join(', ') || 'knows no such domain',
    }));
    const itself = (await fresh.ask({name: domain, type: 'NS'}, signal)).map((told) => ({
      who: `${told.server.name} itself`,
      says:
        told.kind === 'unheard'
          ? `gives no answer: ${told.reason}`
          : told.authoritative
            ? told.answers
                .map(({value}) => value)
                .sort()
                .join(', ')
            : 'answers without authority (AA)',
    }));
    const all = [...above, ...itself];
    const behind = all.filter(({says}) => says !== wanted);
    return behind.length === 0
      ? done({nameServers: [...nameServers]})
      : waiting(
          `${all.length - behind.length} of ${all.length} servers name ${wanted} for ${domain}; ${behind.map(({who, says}) => `${who}: ${says}`).join('; ')}`,
        );
  },
});
