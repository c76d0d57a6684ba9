import {AUTHORITATIVE_ANSWER} from 'dns-packet';
import {type DnsServer, serveDns} from './server.ts';
import {answerFrom, type Zone} from './zone.ts';

export type {Zone} from './zone.ts';

/** The hosted zone's name server: answers every query from what `zone` gives at that moment. */
export function startAuthoritative({
  address,
  zone,
}: {
  readonly address: string;
  zone(): Zone;
}): Promise<DnsServer> {
  return serveDns(address, async (question) => {
    const answer = answerFrom(zone(), question);
    return {...answer, flags: answer.rcode === 'REFUSED' ? 0 : AUTHORITATIVE_ANSWER};
  });
}
