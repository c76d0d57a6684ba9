import type {Question, Told, Unheard, ZoneRecord} from '../../name-servers/index.ts';

/** What an authoritative server says to a question, in words: two that are equal mean the same. */
export function answersOf(told: Told | Unheard, {name, type}: Question): string {
  if (told.kind === 'unheard') {
    return `no answer (${told.reason})`;
  }
  const own = told.answers.filter((record) => record.name === name);
  const found = own.filter((record) => record.type === type);
  const cname = own.filter((record) => record.type === 'CNAME');
  const cut = told.authorities.filter((record) => record.type === 'NS');
  if (found.length > 0) {
    return valuesOf(found);
  }
  if (cname.length > 0) {
    return `a CNAME to ${valuesOf(cname)}`;
  }
  if (!told.authoritative && cut.length > 0) {
    const glue = told.additionals.filter((record) => record.name === name && record.type === type);
    return `delegated to ${valuesOf(cut)}${glue.length > 0 ? ` with the address ${valuesOf(glue)}` : ''}`;
  }
  if (!told.authoritative) {
    return 'an answer without authority (AA)';
  }
  return told.rcode === 'NXDOMAIN' ? 'no such name' : 'no such record';
}

function valuesOf(records: readonly ZoneRecord[]): string {
  const values = records.map(({value}) => value).sort();
  const ttls = [...new Set(records.map(({ttl}) => ttl))].sort((one, other) => one - other);
  return `${values.join(', ')} (TTL ${ttls.join(' and ')} s)`;
}
