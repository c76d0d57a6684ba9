import {NotTold, type Problem, SwitcharooError} from '../../../src/index.ts';
import {isThrottled} from './refusals.ts';

/** The errors of AWS services that refuse the credentials (SDK error names, and the codes of the XML services). */
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
 * Makes one call to AWS. An error that any service can give (credentials, permission, rate limit, no answer) becomes
 * a problem for the operator; every other error is thrown as it is. `subject` is the target: "zone main".
 */
export async function askAws<Result>(
  subject: string,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw awsProblem(subject, cause) ?? cause;
  }
}

/** The problem for an error of the SDK that every AWS service can give; `undefined` for any other error. */
export function awsProblem(subject: string, cause: unknown): SwitcharooError | undefined {
  if (!(cause instanceof Error) || cause.name === 'AbortError') {
    return undefined;
  }
  const names = [cause.name, 'code' in cause ? String(cause.code) : ''];
  const isOneOf = (list: ReadonlySet<string>) => names.some((name) => list.has(name));
  const answer = oneLine(cause.message);
  if (isOneOf(credentialNames)) {
    return problem(cause, {
      code: 'aws-credentials-refused',
      message: `AWS does not accept the credentials for ${subject}: ${answer}`,
      hint: 'Sign in again, or correct the credentials of this target in the inventory; `aws sts get-caller-identity` prints the account that AWS sees.',
    });
  }
  if (isOneOf(deniedNames)) {
    const facts: Problem = {
      code: 'aws-access-denied',
      message: `AWS does not allow this call for ${subject}: ${answer}`,
      hint: {
        text: 'Grant the role the permissions of the step. List them with',
        command: 'steps NAME',
      },
    };
    return new NotTold(facts, {cause});
  }
  if (isThrottled(cause)) {
    return problem(cause, {
      code: 'aws-throttled',
      message: `AWS still refuses calls for ${subject} because there are too many: ${answer}`,
      hint: 'Wait a minute, then resume; other tools may use up the rate limit of this account.',
    });
  }
  if (cause.name === 'ProxyError') {
    return problem(cause, {
      code: 'aws-unreachable',
      message: `AWS cannot be reached for ${subject}: ${answer}`,
      hint: {
        text: 'Correct HTTPS_PROXY (address, user and password), or exclude AWS with NO_PROXY. Show what is set with',
        command: 'doctor',
      },
    });
  }
  return isOneOf(unreachableNames) || isServerFault(cause)
    ? problem(cause, {
        code: 'aws-unreachable',
        message: `AWS does not answer for ${subject}: ${answer || names.filter(Boolean).join(' ')}`,
        hint: 'Check the network of this machine, the region and endpoint in the inventory, and the AWS health dashboard.',
      })
    : undefined;
}

const problem = (cause: Error, facts: Problem) => new SwitcharooError(facts, {cause});

/** Answers such as 503 that remain after the SDK's own attempts. */
const isServerFault = (cause: Error): boolean => '$fault' in cause && cause.$fault === 'server';

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
