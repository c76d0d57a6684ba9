import {setMaxListeners} from 'node:events';
import {SwitcharooError} from '../../../src/index.ts';
import {exchangeMessage, type Question} from '../wire/exchange.ts';
import {questionMessage, readMessage} from '../wire/message.ts';
import type {ZoneRecord} from '../wire/rdata.ts';
import {rcodeName} from './transfer.ts';

/** A name server: what delegations call it, and where it is reached. */
export interface ServerOf {
  readonly name: string;
  /** `address:port`, or a name. */
  readonly address: string;
}

/** What one server said to a question. */
export interface Told {
  readonly kind: 'told';
  readonly server: ServerOf;
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
}

/** Nothing, or nothing of use, and why, in words. */
export interface Unheard {
  readonly kind: 'unheard';
  readonly server: ServerOf;
  readonly reason: string;
}

/** Asks one server one question, without recursion. */
export async function toldBy(
  server: ServerOf,
  question: Question,
  signal: AbortSignal,
): Promise<Told | Unheard> {
  // Many are asked at the same time, and end with the same signal.
  setMaxListeners(0, signal);
  try {
    const query = questionMessage(question, {recursive: false});
    const {message} = await exchangeMessage(server.address, query, {signal});
    const {rcode, authoritative, answers, authorities, additionals} = readMessage(message);
    const said = rcodeName(rcode);
    return said === 'NOERROR' || said === 'NXDOMAIN'
      ? {kind: 'told', server, rcode: said, authoritative, answers, authorities, additionals}
      : {kind: 'unheard', server, reason: `it answers ${said}`};
  } catch (error) {
    signal.throwIfAborted();
    // What the last attempt met, from `exchangeMessage`; or a reply that cannot be read.
    const cause = error instanceof SwitcharooError ? error.cause : error;
    return {
      kind: 'unheard',
      server,
      reason: cause instanceof Error ? cause.message : String(cause),
    };
  }
}
