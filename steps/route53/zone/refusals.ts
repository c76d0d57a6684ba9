import {z} from 'zod';

/** What an error of the SDK means for us: by its name and status, never by its text. */
export type Meaning =
  | 'zone-not-found'
  | 'credentials'
  /** Refused before anything was done, and worth asking again. */
  | 'busy'
  | 'refused'
  /** No answer, or none that says what was done. */
  | 'unanswered';

const meanings: Readonly<Record<string, Meaning>> = {
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
  // Route 53 uses both, with status 400 (API reference, common errors).
  PriorRequestNotComplete: 'busy',
  Throttling: 'busy',
  ThrottlingException: 'busy',
};

export function meaningOf(error: unknown): Meaning {
  const status = detailsOf(error).$metadata?.httpStatusCode;
  const refused = status !== undefined && status >= 400 && status < 500;
  const known = error instanceof Error ? meanings[error.name] : undefined;
  return known ?? (refused ? 'refused' : 'unanswered');
}

/** Such as `InvalidChangeBatch: [...]`. */
export function saidBy(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const {messages, Messages, errors} = detailsOf(error);
  const texts = [error.message, messages, Messages?.Message, errors].map((text) =>
    [text ?? []].flat().join(', '),
  );
  return `${error.name}: ${texts.find((text) => text !== '' && text !== 'UnknownError')}`;
}

/** What an error of the SDK may hold, and no type of it promises. */
const details = z.object({
  $metadata: z.object({httpStatusCode: z.number().optional()}).optional().catch(undefined),
  // Where some versions of the SDK keep the texts of InvalidChangeBatch.
  messages: z.array(z.string()).optional().catch(undefined),
  Messages: z
    .object({Message: z.union([z.string(), z.array(z.string())])})
    .optional()
    .catch(undefined),
  // Node wraps the refusals of a name's several addresses in an error without words.
  errors: z.array(z.unknown().transform(String)).optional().catch(undefined),
});

const detailsOf = (error: unknown) => details.safeParse(error).data ?? {};
