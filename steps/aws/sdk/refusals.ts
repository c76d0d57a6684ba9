/**
 * Every name under which AWS says "too many requests" (the SDK's own list, and EC2's and Route 53's). With these a
 * request was refused before anything was done. `LimitExceededException` is none: with most services it is a quota.
 */
const throttledNames = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** A signature of another time than AWS's, and S3's and EC2's own words for it. */
const clockNames = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

const sessionOverNames = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);

/** No connection came about: not a byte of the request was sent. */
const unsentCodes = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
]);

/** The SDK's text for its own limit (`setConnectionTimeout`); it has no code for it. */
const noConnection = 'did not establish a connection';

interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: {readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean};
}

export const isThrottled = (error: unknown): boolean =>
  isSdkError(error) &&
  (throttledNames.has(error.name) || statusOf(error) === 429 || isBusyFamily(error));

/** ECS refuses a revision under a general name while others of its family are being registered. */
const isBusyFamily = ({name, message}: SdkError): boolean =>
  name === 'ClientException' && message.startsWith('Too many concurrent attempts to create');

export const isSessionOver = (error: unknown): boolean =>
  isSdkError(error) && sessionOverNames.has(error.name);

/** The signature was of a wrong time, and the SDK has learned the right one from the answer. */
export const isClockCorrected = (error: unknown): boolean =>
  isSdkError(error) &&
  clockNames.has(error.name) &&
  isRefusal(error) &&
  error.$metadata?.clockSkewCorrected === true;

/** The request never left this machine. */
export const isUnsent = (error: unknown): boolean =>
  isSdkError(error) &&
  statusOf(error) === undefined &&
  (unsentCodes.has(String(error.code)) ||
    neverConnected(error) ||
    error.message.includes(noConnection));

/** ETIMEDOUT and the like are of a request, or of the connection before it. A name may have several addresses. */
const neverConnected = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.length > 0 && error.errors.every(neverConnected)
    : error instanceof Error && 'syscall' in error && error.syscall === 'connect';

const isSdkError = (error: unknown): error is SdkError => error instanceof Error;

const statusOf = ({$metadata}: SdkError): number | undefined => $metadata?.httpStatusCode;

const isRefusal = (error: SdkError): boolean => {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500;
};
