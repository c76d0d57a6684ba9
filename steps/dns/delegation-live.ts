import {z} from 'zod';
import {defineGate, done, waiting} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';
import {nameServersText, sortedText} from './answers/answer-text.ts';

/** Open once the parent, the new name servers and Route 53 have the same name servers for the domain. */
export const delegationLive = defineGate({
  name: 'dns.delegation-live',
  summary:
    'Wait until every server of the parent zone delegates the domain to the new name servers.',
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
  neverSkip: 'Only this gate proves that the parent zone delegates to the new name servers.',
  poll: {firstMs: 250, mostMs: 30_000},
  check: async ({targets: {parent, new: newZone, zone}, signal}) => {
    const {name: domain, nameServers} = await zone.domain(signal);
    const expected = sortedText(nameServers);
    const byParent = (await parent.delegations(domain, signal)).map((delegation) => ({
      server: `${delegation.server.address} of ${parent.name}`,
      text:
        delegation.kind === 'no-answer'
          ? `no answer (${delegation.reason})`
          : sortedText(delegation.nameServers.map(({name}) => name)) || 'no delegation',
    }));
    const byZone = (await newZone.ask({name: domain, type: 'NS'}, signal)).map((reply) => ({
      server: `${reply.server.name} itself`,
      text: nameServersText(reply),
    }));
    const all = [...byParent, ...byZone];
    const others = all.filter(({text}) => text !== expected);
    return others.length === 0
      ? done({nameServers: [...nameServers]})
      : waiting(
          `${all.length - others.length} of ${all.length} servers have the NS records ${expected} for ${domain}; ${others.map(({server, text}) => `${server}: ${text}`).join('; ')}`,
        );
  },
});
