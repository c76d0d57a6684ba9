import {SwitcharooError} from '../../src/index.ts';

/** Names by which the services of AWS refuse who is asking (SDK error names, and the XML services' own codes). */
const credentialNames = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const deniedNames = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const throttledNames = new Set([
  'RequestLimitExceeded',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
const unreachableNames = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'NetworkingError',
  'TimeoutError',
]);

/**
 * Makes one call to AWS. What any service can answer (who are you, not allowed, too often, no answer) becomes a
 * problem in the operator's words; everything else is thrown as it came. `what` is the target: "zone main".
 */
export async function askAws<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw awsProblem(what, cause) ?? cause;
  }
}

/** The problem that an error of the SDK stands for, where every service of AWS has it. */
export function awsProblem(what: string, cause: unknown): SwitcharooError | undefined {
  if (!(cause instanceof Error) || cause.name === 'AbortError') {
    return undefined;
  }
  const names = [cause.name, 'code' in cause ? String(cause.code) : ''];
  const is = (known: ReadonlySet<string>) => names.some((name) => known.has(name));
  const said = oneLine(cause.message);
  if (is(credentialNames)) {
    return problem(cause, {
      code: 'aws-credentials-refused',
      message: `AWS does not accept the credentials for ${what}: ${said}`,
      hint: 'Sign in anew, or correct the credentials of this target in the inventory; `aws sts get-caller-identity` shows who AWS takes you for.',
    });
  }
  if (is(deniedNames)) {
    return problem(cause, {
      code: 'aws-access-denied',
      message: `AWS does not allow this call for ${what}: ${said}`,
      hint: 'Give the role the permissions that `switcharoo steps` lists for the step.',
    });
  }
  if (is(throttledNames)) {
    return problem(cause, {
      code: 'aws-throttled',
      message: `AWS still refuses calls for ${what} because there are too many of them: ${said}`,
      hint: 'Wait a minute, then resume; other tools may be using up the rate limit of this account.',
    });
  }
  return is(unreachableNames) || isServerFault(cause)
    ? problem(cause, {
        code: 'aws-unreachable',
        message: `AWS gives no answer for ${what}: ${said || names.filter(Boolean).join(' ')}`,
        hint: 'Look at the network of this machine, the region and endpoint in the inventory, and the AWS health dashboard.',
      })
    : undefined;
}

const problem = (cause: Error, facts: {code: string; message: string; hint: string}) =>
  new SwitcharooError(facts, {cause});

/** Answers like 503 that stay after the SDK's own attempts. */
const isServerFault = (cause: Error): boolean => '$fault' in cause && cause.$fault === 'server';

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
