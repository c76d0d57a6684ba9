import {type AwsEndpoint, startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import type {AwsService} from '../../../lab/aws/service.ts';
import {type AwsConfig, awsConfig} from '../../../steps/aws/index.ts';

export const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};

/** An endpoint, and the inventory's words for it. Disposed at the end of a test, also when it fails. */
export interface Started extends AsyncDisposable {
  readonly endpoint: AwsEndpoint;
  readonly config: AwsConfig;
}

export async function started(...services: readonly AwsService[]): Promise<Started> {
  const endpoint = await startAwsEndpoint({services, credentials});
  return {
    endpoint,
    config: awsConfig.parse({endpoint: endpoint.url, credentials}),
    [Symbol.asyncDispose]: () => endpoint.stop(),
  };
}

/** What an SDK client says when it is refused. */
export async function refusalOf(call: Promise<unknown>): Promise<{name: string; message: string}> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) {
      return {name: error.name, message: error.message};
    }
    throw error;
  }
  throw new Error('it was not refused');
}

/** A store in this S3, for the end of an inventory. Its secret is in the variable STORE_SECRET. */
export const storeYaml = ({endpoint}: Pick<Started, 'endpoint'>): string => `  journals:
    kind: s3-store
    bucket: cutovers
    region: us-east-1
    endpoint: ${endpoint.url}
    credentials: {accessKeyId: ${credentials.accessKeyId}, secretAccessKey: {env: STORE_SECRET}}
store: journals
`;
