import {type AwsError, type Protocol, refusal} from './replies.ts';
import {type Claim, signatureFault} from './signature.ts';

interface Signed {
  readonly request: Parameters<typeof signatureFault>[0];
  readonly claim: Claim;
  readonly protocol: Protocol;
}

/** The words of AWS (IAM user guide, "Troubleshoot Signature Version 4"). */
export function signatureRefusal(
  {request, claim, protocol}: Signed,
  key: Parameters<typeof signatureFault>[2],
  nowMs: number,
): AwsError | undefined {
  const of = claim.inQuery?.date ?? request.headers['x-amz-date'];
  switch (signatureFault(request, claim, key, nowMs)) {
    case undefined:
      return undefined;
    case 'unknownKey':
      return refusal(
        protocol,
        'unknownKey',
        'The security token included in the request is invalid.',
      );
    case 'wrongSignature':
      return refusal(
        protocol,
        'wrongSignature',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    case 'tooOld':
      return refusal(
        protocol,
        'wrongTime',
        `Signature expired: ${of} is now earlier than ${amzDate(nowMs - fiveMinutesMs)} (${amzDate(nowMs)} - 5 min.)`,
      );
    case 'tooNew':
      return refusal(
        protocol,
        'wrongTime',
        `Signature not yet current: ${of} is still later than ${amzDate(nowMs + fiveMinutesMs)} (${amzDate(nowMs)} + 5 min.)`,
      );
    case 'sessionOver':
      return refusal(
        protocol,
        'sessionOver',
        'The security token included in the request is expired',
      );
  }
}

const fiveMinutesMs = 5 * 60_000;
const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
