import {SwitcharooError} from '../../../src/index.ts';
import type {Endpoint} from './contract.ts';
import {
  accessDenied,
  privilegeMissing,
  readOnlyBinds,
  statementRefused,
  statementTimeout,
  tooManyConnections,
  unknownHost,
  unreachable,
} from './problems.ts';
import {TimedOut} from './with-timeout.ts';

/** The connection ended while a statement was on its way. */
export class LostConnection extends Error {}

interface ServerError extends Error {
  readonly code?: string;
  /** The server's error number; below zero, or missing, for an error of the network. */
  readonly errno?: number;
}

/** The problem of a failed connection. */
export function connectError(thrown: unknown, where: Endpoint, user: string): unknown {
  if (thrown instanceof TimedOut) {
    return problem(unreachable(where, `no answer within ${thrown.limitMs} ms`), thrown);
  }
  if (!isServerError(thrown)) {
    return thrown;
  }
  const {code = 'unknown', errno = 0} = thrown;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return problem(unknownHost(where), thrown);
  }
  if (isDenied(errno)) {
    return problem(accessDenied(where, user), thrown);
  }
  if (isForbidden(errno)) {
    return problem(privilegeMissing(where, 'SET SESSION', thrown.message), thrown);
  }
  return isFull(errno)
    ? problem(tooManyConnections(where), thrown)
    : problem(unreachable(where, code), thrown);
}

/** The problem of a failed statement, or `LostConnection`. */
export function statementError(thrown: unknown, where: Endpoint, sql: string): unknown {
  if (thrown instanceof TimedOut) {
    return problem(statementTimeout(where, thrown.limitMs, sql), thrown);
  }
  if (thrown instanceof LostConnection || !isServerError(thrown)) {
    return thrown;
  }
  const {errno = 0, message} = thrown;
  if (errno <= 0 || isEnding(errno)) {
    return new LostConnection('the connection was closed', {cause: bare(thrown)});
  }
  if (isForbidden(errno)) {
    return problem(privilegeMissing(where, sql, message), thrown);
  }
  if (errno === 1290 && /read[-_]only/.test(message)) {
    return problem(readOnlyBinds(where, sql), thrown);
  }
  // A syntax error quotes the statement, and with it the values.
  const reason = errno === 1064 ? 'syntax error' : message;
  return problem(statementRefused(where, sql, `${reason} (errno ${errno})`), thrown);
}

const isDenied = (errno: number): boolean => errno === 1045 || errno === 1130;
const isFull = (errno: number): boolean => errno === 1040 || errno === 1203;
const isForbidden = (errno: number): boolean => [1044, 1142, 1143, 1227, 1370].includes(errno);
// The server shuts down, interrupted the statement for that or for a KILL, killed this session (MariaDB), or ended it
// as idle (MySQL 8.0.24).
const isEnding = (errno: number): boolean => [1053, 1317, 1927, 4031].includes(errno);

const problem = (description: ConstructorParameters<typeof SwitcharooError>[0], thrown: Error) =>
  new SwitcharooError(description, {cause: bare(thrown)});

/** mysql2 keeps the whole statement in its errors, passwords included: only the numbers are kept. */
function bare(thrown: Error): Error {
  if (!isServerError(thrown)) {
    return thrown;
  }
  const {code, errno} = thrown;
  return Object.assign(new Error(`${code} (errno ${errno})`), {code, errno});
}

/** Errors of mysql2 and of the network; neither our own problems nor an abort. */
function isServerError(thrown: unknown): thrown is ServerError {
  return thrown instanceof Error && ('errno' in thrown || 'fatal' in thrown);
}
