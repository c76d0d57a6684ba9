import type {AwsRequest} from './service.ts';
import {claimOf} from './signature.ts';

/** What ARNs of a region begin with: `arn:aws-cn` in China, `arn:aws-us-gov` in GovCloud (AWS General Reference). */
export const arnIn = (region: string): string =>
  `arn:${region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'}`;

/** The region for which a request is signed: global services sign for one of their partition. */
export const regionOf = (headers: AwsRequest['headers']): string =>
  claimOf(headers)?.region ?? 'us-east-1';
