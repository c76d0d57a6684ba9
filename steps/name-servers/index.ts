export {dnsZone, type ZoneReaderOf} from './target.ts';
export {exchange, exchangeMessage, rcodeOf} from './wire/exchange.ts';
export {questionMessage, readMessage} from './wire/message.ts';
export {nameBytes} from './wire/names.ts';
export {canonicalName, txtStrings} from './wire/values.ts';
