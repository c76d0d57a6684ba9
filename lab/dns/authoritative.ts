import {AUTHORITATIVE_ANSWER} from 'dns-packet';
import {type DnsResponse, type DnsServer, serveDns} from './server.ts';
import {answerFrom, closestZone, wholeZone, type Zone} from './zone.ts';

export type {Zone} from './zone.ts';

/** A name server of one or more zones. It calls `zone` for every query. */
export function startAuthoritative({
  address,
  port,
  zone,
}: {
  readonly address: string;
  readonly port?: number;
  zone(): Zone | readonly Zone[];
}): Promise<DnsServer> {
  return serveDns(
    address,
    async (question) => {
      const all = [zone()].flat();
      const closest = closestZone(all, question.name);
      return closest ? responseFrom(closest, all, question) : refused;
    },
    port,
  );
}

const refused: DnsResponse = {rcode: 'REFUSED', flags: 0, answers: [], authorities: []};

function responseFrom(
  zone: Zone,
  all: readonly Zone[],
  question: {readonly name: string; readonly type: string},
): DnsResponse {
  if (question.type === 'AXFR') {
    return zone.transferable
      ? {...refused, rcode: 'NOERROR', flags: AUTHORITATIVE_ANSWER, answers: wholeZone(zone)}
      : refused;
  }
  // The DS records of a zone are in its parent zone, also where one server holds both.
  const holder =
    question.type === 'DS'
      ? (closestZone(
          all.filter(({name}) => name !== zone.name),
          question.name,
        ) ?? zone)
      : zone;
  const answer = answerFrom(holder, question);
  const isOwn = answer.rcode !== 'REFUSED' && !(answer.referral && answer.answers.length === 0);
  return {...answer, flags: isOwn ? AUTHORITATIVE_ANSWER : 0};
}
