import type {ECRClient} from '@aws-sdk/client-ecr';
import {type Problem, SwitcharooError} from '../../../src/index.ts';
import {
  type AwsClients,
  type AwsConfig,
  awsClients,
  type LazyAwsClients,
  oneLine,
} from '../../aws/index.ts';
import type {RegistryPassword, RegistryWriter, RepositoryState} from '../contract.ts';
import {imageNotFound, repositoryNotFound, tagImmutable} from './problems.ts';

type Sdk = typeof import('@aws-sdk/client-ecr');
type Clients = AwsClients<Sdk, ECRClient>;

/** Loads the SDK with the first call. */
export class EcrRegistry implements RegistryWriter {
  readonly name: string;
  readonly #ecr: LazyAwsClients<Sdk, ECRClient>;

  constructor(name: string, config: AwsConfig) {
    this.name = `ECR (${name})`;
    this.#ecr = awsClients(
      config,
      () => import('@aws-sdk/client-ecr'),
      (sdk, settings) => new sdk.ECRClient(settings),
    );
  }

  repository(name: string, abortSignal: AbortSignal): Promise<RepositoryState> {
    return this.#ask(name, async ({sdk, reading}) => {
      const command = new sdk.DescribeRepositoriesCommand({repositoryNames: [name]});
      const {repositories} = await reading.send(command, {abortSignal});
      const [{repositoryUri = '', imageTagMutability = ''} = {}] = repositories ?? [];
      return {uri: repositoryUri, immutable: imageTagMutability.startsWith('IMMUTABLE')};
    });
  }

  digest(
    repositoryName: string,
    imageTag: string,
    abortSignal: AbortSignal,
  ): Promise<string | undefined> {
    return this.#ask(repositoryName, async ({sdk, reading}) => {
      const command = new sdk.DescribeImagesCommand({repositoryName, imageIds: [{imageTag}]});
      try {
        return (await reading.send(command, {abortSignal})).imageDetails?.[0]?.imageDigest;
      } catch (error) {
        if (error instanceof Error && error.name === 'ImageNotFoundException') {
          return undefined;
        }
        throw error;
      }
    });
  }

  tags(repositoryName: string, abortSignal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(repositoryName, async ({sdk, reading}) => {
      const request = {repositoryName, filter: {tagStatus: 'TAGGED'}} as const;
      const tags: string[] = [];
      const pages = sdk.paginateListImages({client: reading}, request, {abortSignal});
      for await (const {imageIds = []} of pages) {
        tags.push(...imageIds.flatMap(({imageTag}) => imageTag ?? []));
      }
      return tags;
    });
  }

  login(abortSignal: AbortSignal): Promise<RegistryPassword> {
    return this.#ask('', async ({sdk, reading}) => {
      const command = new sdk.GetAuthorizationTokenCommand({});
      const {authorizationData} = await reading.send(command, {abortSignal});
      const [{authorizationToken = '', proxyEndpoint = ''} = {}] = authorizationData ?? [];
      const token = Buffer.from(authorizationToken, 'base64').toString();
      const {host, protocol} = new URL(proxyEndpoint);
      return {
        host,
        user: token.slice(0, token.indexOf(':')),
        password: token.slice(token.indexOf(':') + 1),
        plainHttp: protocol === 'http:',
      };
    });
  }

  addTag(
    repositoryName: string,
    from: string,
    imageTag: string,
    abortSignal: AbortSignal,
  ): Promise<void> {
    return this.#ask(repositoryName, async ({sdk, reading, writing}) => {
      const imageIds = [{imageTag: from}];
      const read = new sdk.BatchGetImageCommand({repositoryName, imageIds, acceptedMediaTypes});
      const {images} = await reading.send(read, {abortSignal});
      const [image] = images ?? [];
      if (!image?.imageManifest) {
        throw new SwitcharooError(imageNotFound(repositoryName, from));
      }
      const {imageManifest, imageManifestMediaType} = image;
      const put = {repositoryName, imageTag, imageManifest, imageManifestMediaType};
      try {
        await writing.send(new sdk.PutImageCommand(put), {abortSignal});
      } catch (error) {
        // The image has the tag already: an earlier attempt reached ECR.
        if (!(error instanceof Error && error.name === 'ImageAlreadyExistsException')) {
          throw error;
        }
      }
    });
  }

  removeTags(
    repositoryName: string,
    tags: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<void> {
    return this.#ask(repositoryName, async ({sdk, writing}) => {
      const imageIds = tags.map((imageTag) => ({imageTag}));
      const command = new sdk.BatchDeleteImageCommand({repositoryName, imageIds});
      await writing.send(command, {abortSignal});
    });
  }

  close(): Promise<void> {
    return this.#ecr.close();
  }

  #ask<Result>(repository: string, call: (clients: Clients) => Promise<Result>): Promise<Result> {
    return this.#ecr.ask(this.name, async (clients) => {
      try {
        return await call(clients);
      } catch (cause) {
        const problem = cause instanceof Error ? problemOf(repository, cause) : undefined;
        throw problem ? new SwitcharooError(problem, {cause}) : cause;
      }
    });
  }
}

/** Without them ECR may answer with an older form of the manifest, which has another digest. */
const acceptedMediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

function problemOf(repository: string, {name, message}: Error): Problem | undefined {
  switch (name) {
    case 'RepositoryNotFoundException':
      return repositoryNotFound(repository);
    case 'ImageTagAlreadyExistsException':
      return tagImmutable(repository, oneLine(message).replace(/\.$/, ''));
    default:
      return undefined;
  }
}
