import {z} from 'zod';
import {isThrottled} from '../../aws/index.ts';

/** What an error of the SDK means: by its name and status, never by its text. */
type Refusal =
  | 'zone-not-found'
  | 'credentials'
  /** Nothing was changed, and it is worth sending again. */
  | 'busy'
  | 'refused'
  /** No answer, or an answer that does not show what was done. */
  | 'unanswered';

const refusalsByName: Readonly<Record<string, Refusal>> = {
  NoSuchHostedZone: 'zone-not-found',
  AccessDenied: 'credentials',
  AccessDeniedException: 'credentials',
  CredentialsProviderError: 'credentials',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  IncompleteSignature: 'credentials',
  InvalidClientTokenId: 'credentials',
  MissingAuthenticationToken: 'credentials',
  NotAuthorizedException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  UnrecognizedClientException: 'credentials',
};

export function refusalOf(error: unknown): Refusal {
  const status = detailsOf(error).$metadata?.httpStatusCode;
  const refused = status !== undefined && status >= 400 && status < 500;
  if (isThrottled(error)) {
    return 'busy';
  }
  const named = error instanceof Error ? refusalsByName[error.name] : undefined;
  return named ?? (refused ? 'refused' : 'unanswered');
}

/** Such as `InvalidChangeBatch: [...]`. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const {messages, Messages, errors} = detailsOf(error);
  const texts = [error.message, messages, Messages?.Message, errors].map((text) =>
    [text ?? []].flat().join(', '),
  );
  return `${error.name}: ${texts.find((text) => text !== '' && text !== 'UnknownError')}`;
}

/** Fields that an error of the SDK may have, and that its types leave out. */
const details = z.object({
  $metadata: z.object({httpStatusCode: z.number().optional()}).optional().catch(undefined),
  // Some versions of the SDK keep the texts of InvalidChangeBatch here.
  messages: z.array(z.string()).optional().catch(undefined),
  Messages: z
    .object({Message: z.union([z.string(), z.array(z.string())])})
    .optional()
    .catch(undefined),
  // Node wraps the refusals of a host's several addresses in an error without a message.
  errors: z.array(z.unknown().transform(String)).optional().catch(undefined),
});

const detailsOf = (error: unknown) => details.safeParse(error).data ?? {};
