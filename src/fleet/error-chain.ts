import {SwitcharooError} from '../model/problem.ts';

/** PostgreSQL was not there, could not answer, or ended meanwhile: the query may be repeated. */
export function isUnreached(error: unknown): boolean {
  return chainOf(error).some(
    ({state, message}) => unreachedCodes.test(state) || unreachedTexts.test(message),
  );
}

/**
 * An error in our code or in the data: it stays when the query is repeated. Anything else, also what no list of codes
 * has, may end: a password is restored, a disk has space again.
 */
export function isMistake(error: unknown): boolean {
  const chain = chainOf(error);
  return (
    !isUnreached(error) &&
    chain.some(({state, error: each}) => mistakenCodes.test(state) || isOurs(each))
  );
}

const isOurs = (error: unknown): boolean =>
  [SwitcharooError, TypeError, RangeError, ReferenceError, SyntaxError].some(
    (kind) => error instanceof kind,
  );

/** An error, and what caused it, with the codes of PostgreSQL or of the system. */
export function chainOf(error: unknown) {
  const chain: {readonly error: unknown; readonly state: string; readonly message: string}[] = [];
  for (
    let each = error;
    each instanceof Error && chain.length < 8;
    each = (each as {readonly cause?: unknown}).cause
  ) {
    const {code} = each as {readonly code?: unknown};
    chain.push({error: each, state: String(code ?? ''), message: each.message});
  }
  return chain;
}

/** Of PostgreSQL (Appendix A): data, constraints, names and rights. */
const mistakenCodes = /^(22|23|42)/;
/**
 * Of PostgreSQL (Appendix A: 08, 40, 53, 57), of the system, and of a server that is another one for a while: 25006
 * after a failover, 28 while a password changes, 25P03 and 55P03 for who waited too long.
 */
const unreachedCodes =
  /^(08|57|53|58|28|25006|25P03|55P03|40001|40P01|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI|ENOTFOUND)/;
/** DBOS wraps what it met in a text of its own. */
const unreachedTexts =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|connection terminated|terminating connection|the database system is|timeout exceeded when trying to connect|timeout expired|query read timeout|client has encountered a connection error|not queryable/i;
