export {type ServerAnswer, seeAnswers} from './answers/sight.ts';
export type {DnsConfig, DnsReader, NoReply, Reply, Role} from './contract.ts';
export {delegationLive} from './delegation-live.ts';
export {dsExpired} from './ds-expired.ts';
export {nsTtlExpired} from './ns-ttl-expired.ts';
export {propagated} from './propagated.ts';
export {dnsView} from './target.ts';
export {ttlDrained} from './ttl-drained.ts';
export {zonesMatch} from './zones-match.ts';
