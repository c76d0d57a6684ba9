import {type AwsClients, type AwsConfig, awsClients} from '../../aws/index.ts';
import type {EcrImage} from './reference.ts';

type Sdk = typeof import('@aws-sdk/client-ecr');

export type Ecr = AwsClients<Sdk, InstanceType<Sdk['ECRClient']>>;

/** Makes calls to the registry of an image. A gate asks once: the clients are closed with its answer. */
export async function inRegistry<Result>(
  config: AwsConfig,
  {region, repository}: EcrImage,
  call: (ecr: Ecr) => Promise<Result>,
): Promise<Result> {
  const clients = awsClients(
    {...config, region},
    () => import('@aws-sdk/client-ecr'),
    (sdk, settings) => new sdk.ECRClient(settings),
  );
  try {
    return await clients.ask(`repository ${repository} of ECR`, call);
  } finally {
    await clients.close();
  }
}
