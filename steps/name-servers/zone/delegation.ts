import type {Answer, Delegation, NoAnswer} from '../contract.ts';
import {asZoneName} from '../records/names.ts';

/** The name servers of a domain, from the answer of one server of its parent zone. */
export function delegationFrom(reply: Answer | NoAnswer, child: string): Delegation | NoAnswer {
  if (reply.kind === 'no-answer') {
    return reply;
  }
  const {server, answers, authorities, additionals} = reply;
  const domain = asZoneName(child);
  const nsRecords = [...answers, ...authorities].filter(
    ({type, name}) => type === 'NS' && name === domain,
  );
  const nameServers = [...new Set(nsRecords.map(({value}) => value))].sort().map((name) => ({
    name,
    glue: additionals
      .filter((record) => record.name === name && ['A', 'AAAA'].includes(record.type))
      .filter(() => `.${name}`.endsWith(`.${domain}`))
      .map(({value}) => value)
      .sort(),
  }));
  const ttl = Math.max(0, ...nsRecords.map((record) => record.ttl));
  return {kind: 'delegation', server, nameServers, ttl};
}
