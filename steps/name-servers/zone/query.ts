import {SwitcharooError} from '../../../src/index.ts';
import type {Answer, NoAnswer, ZoneServer} from '../contract.ts';
import {exchangeMessage, type Question} from '../wire/exchange.ts';
import {questionMessage, readMessage} from '../wire/message.ts';
import {rcodeName} from '../wire/rcodes.ts';

/** Asks one server one question, without recursion. */
export async function queryServer(
  server: ZoneServer,
  question: Question,
  signal: AbortSignal,
): Promise<Answer | NoAnswer> {
  try {
    let message = await exchanged(server, question, {edns: true}, signal);
    if (codesOfOldServers.includes(rcodeName(message.rcode))) {
      // Servers from before EDNS refuse the question for it.
      message = await exchanged(server, question, {edns: false}, signal);
    }
    const {rcode: code, authoritative, answers, authorities, additionals} = message;
    const rcode = rcodeName(code);
    return rcode === 'NOERROR' || rcode === 'NXDOMAIN'
      ? {kind: 'answer', server, rcode, authoritative, answers, authorities, additionals}
      : {kind: 'no-answer', server, reason: `it answers ${rcode}`, refusal: rcode};
  } catch (error) {
    signal.throwIfAborted();
    // The reason of the last attempt, from `exchangeMessage`; or a reply that cannot be read.
    const cause = error instanceof SwitcharooError ? error.cause : error;
    return {
      kind: 'no-answer',
      server,
      reason: cause instanceof Error ? cause.message : String(cause),
    };
  }
}

const codesOfOldServers = ['FORMERR', 'NOTIMP'];

async function exchanged(
  {address}: ZoneServer,
  question: Question,
  {edns}: {readonly edns: boolean},
  signal: AbortSignal,
) {
  const query = questionMessage(question, {recursive: false, edns});
  const {message} = await exchangeMessage(address, query, {signal});
  return readMessage(message);
}
