import type {ECRClient} from '@aws-sdk/client-ecr';
import {z} from 'zod';
import {defineTarget, type Problem, SwitcharooError} from '../../src/index.ts';
import {
  type AwsClients,
  type AwsConfig,
  awsClients,
  awsConfig,
  awsRights,
  type ResourcesOf,
} from '../aws/index.ts';

/** What may be asked of a registry. Nothing here changes it. */
export interface RegistryReader {
  readonly name: string;
  repository(name: string, signal: AbortSignal): Promise<RepositoryState>;
  /** The digest that a tag means, if it is there. */
  digest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined>;
  tags(repository: string, signal: AbortSignal): Promise<readonly string[]>;
  /** A password for some hours. It goes to a program's standard input, and nowhere else. */
  login(signal: AbortSignal): Promise<RegistryPassword>;
}

export interface RegistryWriter extends RegistryReader {
  /** Gives an image one more tag. It is never taken from another image. */
  addTag(repository: string, from: string, tag: string, signal: AbortSignal): Promise<void>;
  /** Takes tags away. An image without any tag is deleted by ECR. */
  removeTags(repository: string, tags: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface RepositoryState {
  /** `123456789012.dkr.ecr.eu-central-1.amazonaws.com/web`. */
  readonly uri: string;
  readonly immutable: boolean;
}

export interface RegistryPassword {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly plainHttp: boolean;
}

/** On what the actions of ECR are made (Service Authorization Reference, Amazon ECR): a token is the registry's own. */
const resourcesOf =
  (region: string): ResourcesOf =>
  (action, account) =>
    action === 'ecr:GetAuthorizationToken'
      ? ['*']
      : [`arn:aws:ecr:${region}:${account}:repository/*`];

/** The private registry of an account and region. */
export const ecrRegistry = defineTarget({
  kind: 'ecr-registry',
  config: z.object({...awsConfig.shape}),
  rights: async (config, needs, context) => [
    await awsRights(config, needs, resourcesOf(config.region), context),
  ],
  open: async (config, {name}) => {
    const writer = openRegistry(name, config);
    return {reader: writer, writer, close: writer.close};
  },
});

function openRegistry(name: string, config: AwsConfig): RegistryWriter & {close(): Promise<void>} {
  const ecr = awsClients(
    config,
    () => import('@aws-sdk/client-ecr'),
    (sdk, settings) => new sdk.ECRClient(settings),
  );
  const ask = <Result>(
    repository: string,
    call: (clients: Clients) => Promise<Result>,
  ): Promise<Result> =>
    ecr.ask(`ECR (${name})`, async (clients) => {
      try {
        return await call(clients);
      } catch (cause) {
        const problem = cause instanceof Error ? problemOf(repository, cause) : undefined;
        throw problem ? new SwitcharooError(problem, {cause}) : cause;
      }
    });

  return {
    name: `ECR (${name})`,

    repository: (wanted, abortSignal) =>
      ask(wanted, async ({sdk, reading}) => {
        const command = new sdk.DescribeRepositoriesCommand({repositoryNames: [wanted]});
        const {repositories} = await reading.send(command, {abortSignal});
        const [{repositoryUri = '', imageTagMutability = ''} = {}] = repositories ?? [];
        return {uri: repositoryUri, immutable: imageTagMutability.startsWith('IMMUTABLE')};
      }),

    digest: (repositoryName, imageTag, abortSignal) =>
      ask(repositoryName, async ({sdk, reading}) => {
        const command = new sdk.DescribeImagesCommand({repositoryName, imageIds: [{imageTag}]});
        try {
          return (await reading.send(command, {abortSignal})).imageDetails?.[0]?.imageDigest;
        } catch (error) {
          if (error instanceof Error && error.name === 'ImageNotFoundException') {
            return undefined;
          }
          throw error;
        }
      }),

    tags: (repositoryName, abortSignal) =>
      ask(repositoryName, async ({sdk, reading}) => {
        const asked = {repositoryName, filter: {tagStatus: 'TAGGED'}} as const;
        const found: string[] = [];
        for await (const page of sdk.paginateListImages({client: reading}, asked, {abortSignal})) {
          found.push(...(page.imageIds ?? []).flatMap(({imageTag}) => imageTag ?? []));
        }
        return found;
      }),

    login: (abortSignal) =>
      ask('', async ({sdk, reading}) => {
        const command = new sdk.GetAuthorizationTokenCommand({});
        const {authorizationData} = await reading.send(command, {abortSignal});
        const [{authorizationToken = '', proxyEndpoint = ''} = {}] = authorizationData ?? [];
        const whole = Buffer.from(authorizationToken, 'base64').toString();
        const {host, protocol} = new URL(proxyEndpoint);
        return {
          host,
          user: whole.slice(0, whole.indexOf(':')),
          password: whole.slice(whole.indexOf(':') + 1),
          plainHttp: protocol === 'http:',
        };
      }),

    addTag: (repositoryName, from, imageTag, abortSignal) =>
      ask(repositoryName, async ({sdk, reading, writing}) => {
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
          // It had that tag already: an earlier try got through.
          if (!(error instanceof Error && error.name === 'ImageAlreadyExistsException')) {
            throw error;
          }
        }
      }),

    removeTags: (repositoryName, tags, abortSignal) =>
      ask(repositoryName, async ({sdk, writing}) => {
        const imageIds = tags.map((imageTag) => ({imageTag}));
        const command = new sdk.BatchDeleteImageCommand({repositoryName, imageIds});
        await writing.send(command, {abortSignal});
      }),

    close: ecr.close,
  };
}

type Clients = AwsClients<typeof import('@aws-sdk/client-ecr'), ECRClient>;

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
      return tagImmutable(repository, message.replace(/\s+/g, ' ').replace(/\.$/, ''));
    default:
      return undefined;
  }
}

const repositoryNotFound = (repository: string): Problem => ({
  code: 'ecr-repository-not-found',
  message: `There is no repository ${repository} in this account and region.`,
  hint: `Create it with \`aws ecr create-repository --repository-name ${repository} --image-tag-mutability IMMUTABLE\`, or correct its name.`,
});

const imageNotFound = (repository: string, tag: string): Problem => ({
  code: 'ecr-image-not-found',
  message: `Repository ${repository} has no image ${tag}.`,
  hint: 'Somebody, or a lifecycle policy, has removed it: try again, and it is built anew.',
});

const tagImmutable = (repository: string, said: string): Problem => ({
  code: 'ecr-tag-immutable',
  message: `ECR does not give a tag of ${repository} to another image: ${said}.`,
  hint: 'Somebody else was quicker: choose the next tag with `switcharoo tag`, and deploy again.',
});
