import {type Observation, preflightOf} from '../../../src/index.ts';
import type {Answer, DnsZoneReader, NoAnswer} from '../contract.ts';

/** Whether the name servers of a zone serve it, and all the same. */
export const zonePreflight = preflightOf<DnsZoneReader>([
  {
    name: 'zone-not-served',
    severity: 'blocks',
    expects: 'Every name server of the inventory answers for the domain with authority.',
    consequence: 'The zone cannot be compared, and clients that ask this server get no answer.',
    fix: 'Correct the server or the domain in the inventory, or load the zone on the server.',
    find: async (zone, signal) =>
      (await soaOf(zone, signal)).flatMap((reply) => notServed(zone.domain, reply)),
  },
  {
    name: 'zone-serials-differ',
    severity: 'warns',
    expects: 'All name servers of the zone have the same serial.',
    consequence: 'One of them has older records: a comparison may find differences.',
    fix: 'Wait for the transfer to the secondary servers, or read their logs.',
    find: async (zone, signal) => {
      const serials = (await soaOf(zone, signal)).flatMap((reply) => serialIn(reply));
      return new Set(serials.map(({serial}) => serial)).size < 2
        ? []
        : [{is: serials.map(({server, serial}) => `${server} has serial ${serial}`).join(', ')}];
    },
  },
]);

const soaOf = ({domain, ask}: DnsZoneReader, signal: AbortSignal) =>
  ask({name: domain, type: 'SOA'}, signal);

function notServed(domain: string, reply: Answer | NoAnswer): readonly Observation[] {
  const who = `${reply.server.name} (${reply.server.address})`;
  if (reply.kind === 'no-answer') {
    return [{is: `${who} does not serve ${domain}: ${reply.reason}`}];
  }
  return reply.authoritative ? [] : [{is: `${who} answers for ${domain} without authority`}];
}

/** The third part of an SOA record's value. */
function serialIn(reply: Answer | NoAnswer) {
  const soa = reply.kind === 'answer' ? reply.answers.find(({type}) => type === 'SOA') : undefined;
  const serial = soa?.value.split(' ')[2];
  return serial === undefined ? [] : [{server: reply.server.name, serial}];
}
