export type {
  Answer,
  DelegatedServer,
  Delegation,
  DnsZoneConfig,
  DnsZoneReader,
  NoAnswer,
  ZoneServer,
} from './contract.ts';
export {dnsZone} from './target.ts';

// What other technologies and the lab build on: steps/dns and steps/route53 compare names, records and answers, and the
// lab serves and looks up names.

export {asZoneName, nameBytes} from './records/names.ts';
export type {ZoneRecord} from './records/rdata.ts';
export {recordType, signingTypes} from './records/types.ts';
export {
  canonicalName,
  canonicalValue,
  type DnsRecord,
  recordOf,
  txtStrings,
} from './records/values.ts';
export {exchange, exchangeMessage, hostAndPort, type Over, type Question} from './wire/exchange.ts';
export {questionMessage, readMessage} from './wire/message.ts';
export {rcodeOf} from './wire/rcodes.ts';
export {serverAddress} from './wire/server-address.ts';
export {mapConcurrently} from './zone/concurrency.ts';
export {addressTypes, liveDifferences, usualQuestions} from './zone/live.ts';
