export {dnsZone, type ZoneReaderOf} from './target.ts';
// For other technologies: the gates of steps/dns and the steps of steps/route53.
export {exchange, exchangeMessage, type Over, type Question, rcodeOf} from './wire/exchange.ts';
export {questionMessage, readMessage} from './wire/message.ts';
export {asZoneName, nameBytes} from './wire/names.ts';
export type {ZoneRecord} from './wire/rdata.ts';
export {serverAddress} from './wire/server-address.ts';
export {
  canonicalName,
  canonicalValue,
  type DnsRecord,
  recordOf,
  txtStrings,
} from './wire/values.ts';
export type {Told, Unheard} from './zone/query.ts';
export {inTurns} from './zone/records.ts';
