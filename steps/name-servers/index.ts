export {dnsZone, type ZoneReaderOf} from './target.ts';
