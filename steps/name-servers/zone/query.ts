import {setMaxListeners} from 'node:events';
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
  // Many servers are asked at the same time, with the same signal.
  setMaxListeners(0, signal);
  try {
    const query = questionMessage(question, {recursive: false});
    const {message} = await exchangeMessage(server.address, query, {signal});
    const {rcode: code, authoritative, answers, authorities, additionals} = readMessage(message);
    const rcode = rcodeName(code);
    return rcode === 'NOERROR' || rcode === 'NXDOMAIN'
      ? {kind: 'answer', server, rcode, authoritative, answers, authorities, additionals}
      : {kind: 'no-answer', server, reason: `it answers ${rcode}`};
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
