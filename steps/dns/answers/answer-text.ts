import type {Answer, NoAnswer, Question, ZoneRecord} from '../../name-servers/index.ts';

/** The answer of an authoritative server as text: two equal texts mean the same. */
export function answerText(reply: Answer | NoAnswer, {name, type}: Question): string {
  if (reply.kind === 'no-answer') {
    return `no answer (${reply.reason})`;
  }
  const atName = reply.answers.filter((record) => record.name === name);
  const records = atName.filter((record) => record.type === type);
  const cname = atName.filter((record) => record.type === 'CNAME');
  const cut = reply.authorities.filter((record) => record.type === 'NS');
  if (records.length > 0) {
    return valuesText(records);
  }
  if (cname.length > 0) {
    return `a CNAME to ${valuesText(cname)}`;
  }
  if (!reply.authoritative && cut.length > 0) {
    const glue = reply.additionals.filter((record) => record.name === name && record.type === type);
    const address = glue.length > 0 ? ` with the address ${valuesText(glue)}` : '';
    return `delegated to ${valuesText(cut)}${address}`;
  }
  if (!reply.authoritative) {
    return 'an answer without authority (AA)';
  }
  return reply.rcode === 'NXDOMAIN' ? 'no such name' : 'no such record';
}

function valuesText(records: readonly ZoneRecord[]): string {
  const values = records.map(({value}) => value).sort();
  const ttls = [...new Set(records.map(({ttl}) => ttl))].sort((first, second) => first - second);
  return `${values.join(', ')} (TTL ${ttls.join(' and ')} s)`;
}

/** The NS records of a domain by the server itself, or why they are unknown. */
export function nameServersText(reply: Answer | NoAnswer): string {
  if (reply.kind === 'no-answer') {
    return `no answer (${reply.reason})`;
  }
  return reply.authoritative
    ? sortedText(reply.answers.map(({value}) => value)) || 'no NS records'
    : 'an answer without authority (AA)';
}

export const sortedText = (values: readonly string[]): string => [...values].sort().join(', ');
