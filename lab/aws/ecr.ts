import {
  blobSignature,
  manifestAt,
  putManifest,
  type RegistryStore,
  type Repository,
} from '../registry/store.ts';
import {type JsonInput, jsonService, pageOf} from './json-service.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

interface EcrOptions {
  readonly store: RegistryStore;
  /** The address of the registry's own HTTP API: `127.0.0.1:5000`. */
  readonly host: string;
  readonly region?: string;
  readonly accountId?: string;
}
type Registry = Required<EcrOptions>;

interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

const validSeconds = 12 * 3_600;

/** ECR of the lab: Amazon's API to the images that were really pushed to the registry. */
export function createEcr(options: EcrOptions): AwsService {
  const registry = {region: 'us-east-1', accountId: '123456789012', ...options};
  const operation = (perform: Operation) => (input: JsonInput) => perform(registry, input);
  return jsonService('ecr', 'AmazonEC2ContainerRegistry_V20150921.', {
    GetAuthorizationToken: operation(authorizationToken),
    DescribeRepositories: operation(describeRepositories),
    DescribeImages: operation(describeImages),
    ListImages: operation(listImages),
    BatchGetImage: operation(batchGetImage),
    GetDownloadUrlForLayer: operation(downloadUrlForLayer),
    GetRepositoryPolicy: operation(repositoryPolicy),
    PutImage: operation(putImage),
    BatchDeleteImage: operation(batchDeleteImage),
  });
}

type Operation = (registry: Registry, input: JsonInput) => object;

const authorizationToken: Operation = ({store, host}) => ({
  authorizationData: [
    {
      authorizationToken: Buffer.from(`AWS:${store.password}`).toString('base64'),
      expiresAt: Date.now() / 1_000 + validSeconds,
      proxyEndpoint: `http://${host}`,
    },
  ],
});

const describeRepositories: Operation = (registry, input) => {
  const {store, host, region, accountId} = registry;
  const names = (input['repositoryNames'] ?? [...store.repositories.keys()]) as string[];
  return {
    repositories: names
      .map((name) => repositoryOf(registry, name))
      .map((repository) => ({
        ...identityOf(registry, repository),
        repositoryArn: `${arnIn(region)}:ecr:${region}:${accountId}:repository/${repository.name}`,
        repositoryUri: `${host}/${repository.name}`,
        imageTagMutability: repository.immutable ? 'IMMUTABLE' : 'MUTABLE',
      })),
  };
};

const describeImages: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const ids = input['imageIds'] as readonly ImageId[] | undefined;
  const digests = ids
    ? ids.map((id) => existingDigest(repository, id, registry.accountId))
    : [...repository.manifests.keys()];
  const {page, next} = paged(digests, input);
  const imageDetails = page.map((digest) => detailOf(registry, repository, digest));
  return {imageDetails, nextToken: next};
};

const listImages: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const ids = [...repository.manifests.values()].flatMap(({digest, tags}) =>
    tags.size === 0
      ? [{imageDigest: digest}]
      : [...tags].map((imageTag) => ({imageDigest: digest, imageTag})),
  );
  const {tagStatus} = (input['filter'] ?? {}) as {tagStatus?: string};
  const listed = ids.filter((id) => tagStatus !== 'TAGGED' || 'imageTag' in id);
  const {page, next} = paged(listed, input);
  return {imageIds: page, nextToken: next};
};

const batchGetImage: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const {hits, failures} = lookedUp(repository, input);
  const images = hits.map(({id, digest}) => {
    const {bytes = new Uint8Array(), mediaType} = repository.manifests.get(digest) ?? {};
    return {
      ...identityOf(registry, repository),
      imageId: {...id, imageDigest: digest},
      imageManifest: Buffer.from(bytes).toString(),
      imageManifestMediaType: mediaType,
    };
  });
  return {images, failures};
};

const downloadUrlForLayer: Operation = (registry, input) => {
  const {store, host, accountId} = registry;
  const repository = repositoryOf(registry, input['repositoryName']);
  const layerDigest = String(input['layerDigest']);
  if (!repository.blobs.has(layerDigest)) {
    throw new AwsError(
      'LayersNotFoundException',
      `The layer with digest '${layerDigest}' does not exist in the repository with name '${repository.name}' in the registry with id '${accountId}'`,
    );
  }
  const signature = blobSignature(store, layerDigest);
  return {
    layerDigest,
    downloadUrl: `http://${host}/v2/${repository.name}/blobs/${layerDigest}?X-Amz-Signature=${signature}`,
  };
};

const repositoryPolicy: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const {registryId, repositoryName} = identityOf(registry, repository);
  if (repository.policy === undefined) {
    throw new AwsError(
      'RepositoryPolicyNotFoundException',
      `Repository policy does not exist for the repository with name '${repositoryName}' in the registry with id '${registryId}'`,
    );
  }
  return {registryId, repositoryName, policyText: repository.policy};
};

const putImage: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const tag = input['imageTag'] as string | undefined;
  const bytes = Buffer.from(String(input['imageManifest']));
  const put = putManifest(repository, bytes, String(input['imageManifestMediaType']), tag);
  if (put.kind === 'tag-taken') {
    throw new AwsError(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
  const imageId = {imageDigest: put.manifest.digest, imageTag: tag};
  if (!put.isNew) {
    throw new AwsError(
      'ImageAlreadyExistsException',
      `Image with digest '${imageId.imageDigest}' and tag '${tag}' already exists in the repository with name '${repository.name}' in registry with id '${registry.accountId}'`,
    );
  }
  return {image: {...identityOf(registry, repository), imageId}};
};

const batchDeleteImage: Operation = (registry, input) => {
  const repository = repositoryOf(registry, input['repositoryName']);
  const {hits, failures} = lookedUp(repository, input);
  for (const {id, digest} of hits) {
    remove(repository, id, digest);
  }
  return {imageIds: hits.map(({id, digest}) => ({...id, imageDigest: digest})), failures};
};

function repositoryOf({store, accountId}: Registry, name: unknown): Repository {
  const repository = store.repositories.get(String(name));
  if (!repository) {
    throw new AwsError(
      'RepositoryNotFoundException',
      `The repository with name '${String(name)}' does not exist in the registry with id '${accountId}'`,
    );
  }
  return repository;
}

const identityOf = ({accountId}: Registry, {name}: Repository) => ({
  registryId: accountId,
  repositoryName: name,
});

function detailOf(registry: Registry, repository: Repository, digest: string) {
  const manifest = repository.manifests.get(digest);
  return {
    ...identityOf(registry, repository),
    imageDigest: digest,
    imageTags: [...(manifest?.tags ?? [])],
    imageSizeInBytes: manifest?.bytes.length ?? 0,
    imagePushedAt: (manifest?.pushedAt.getTime() ?? 0) / 1_000,
    imageManifestMediaType: manifest?.mediaType,
  };
}

const paged = <Item>(all: readonly Item[], input: JsonInput) =>
  pageOf(all, {size: Number(input['maxResults'] ?? 100), token: input['nextToken']});

const digestAt = (repository: Repository, {imageDigest, imageTag}: ImageId) =>
  manifestAt(repository, imageDigest ?? imageTag)?.digest;

function existingDigest(repository: Repository, id: ImageId, accountId: string): string {
  const digest = digestAt(repository, id);
  if (digest === undefined) {
    throw new AwsError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${repository.name}' in the registry with id '${accountId}'`,
    );
  }
  return digest;
}

function lookedUp(repository: Repository, input: JsonInput) {
  const asked = (input['imageIds'] ?? []) as readonly ImageId[];
  const looked = asked.map((id) => ({id, digest: digestAt(repository, id)}));
  return {
    hits: looked.flatMap(({id, digest}) => (digest === undefined ? [] : [{id, digest}])),
    failures: looked
      .filter(({digest}) => digest === undefined)
      .map(({id}) => ({
        imageId: id,
        failureCode: 'ImageNotFound',
        failureReason: 'Requested image not found',
      })),
  };
}

/**
 * By its tag only the tag goes; with the last tag, or by its digest, the image does (API reference,
 * BatchDeleteImage).
 */
function remove(repository: Repository, {imageTag}: ImageId, digest: string): void {
  const manifest = repository.manifests.get(digest);
  if (manifest && imageTag !== undefined) {
    manifest.tags.delete(imageTag);
  }
  if (imageTag === undefined || manifest?.tags.size === 0) {
    repository.manifests.delete(digest);
  }
}
