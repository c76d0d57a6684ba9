import {manifestAt, putManifest, type RegistryStore, type Repository} from '../registry/store.ts';
import type {AwsService} from './endpoint.ts';
import {type JsonInput, jsonService, pageOf} from './json-service.ts';
import {AwsError} from './replies.ts';

export interface EcrOptions {
  readonly store: RegistryStore;
  /** The address of the registry's own HTTP API: `127.0.0.1:5000`. */
  readonly host: string;
  readonly region?: string;
  readonly accountId?: string;
}

interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

const validSeconds = 12 * 3_600;

/** ECR of the lab: Amazon's API to the images that were really pushed to the registry. */
export function createEcr({
  store,
  host,
  region = 'us-east-1',
  accountId = '123456789012',
}: EcrOptions): AwsService {
  const repositoryOf = (name: unknown): Repository => {
    const repository = store.repositories.get(String(name));
    if (!repository) {
      throw new AwsError(
        'RepositoryNotFoundException',
        `The repository with name '${String(name)}' does not exist in the registry with id '${accountId}'`,
      );
    }
    return repository;
  };
  const named = (repository: Repository) => ({
    registryId: accountId,
    repositoryName: repository.name,
  });
  const detailOf = (repository: Repository, digest: string) => {
    const manifest = repository.manifests.get(digest);
    return {
      ...named(repository),
      imageDigest: digest,
      imageTags: [...(manifest?.tags ?? [])],
      imageSizeInBytes: manifest?.bytes.length ?? 0,
      imagePushedAt: (manifest?.pushedAt.getTime() ?? 0) / 1_000,
      imageManifestMediaType: manifest?.mediaType,
    };
  };

  return jsonService('ecr', 'AmazonEC2ContainerRegistry_V20150921.', {
    GetAuthorizationToken: () => ({
      authorizationData: [
        {
          authorizationToken: Buffer.from(`AWS:${store.password}`).toString('base64'),
          expiresAt: Date.now() / 1_000 + validSeconds,
          proxyEndpoint: `http://${host}`,
        },
      ],
    }),

    DescribeRepositories: (input) => {
      const names = (input['repositoryNames'] ?? [...store.repositories.keys()]) as string[];
      return {
        repositories: names.map(repositoryOf).map((repository) => ({
          ...named(repository),
          repositoryArn: `arn:aws:ecr:${region}:${accountId}:repository/${repository.name}`,
          repositoryUri: `${host}/${repository.name}`,
          imageTagMutability: repository.immutable ? 'IMMUTABLE' : 'MUTABLE',
        })),
      };
    },

    DescribeImages: (input) => {
      const repository = repositoryOf(input['repositoryName']);
      const asked = input['imageIds'] as readonly ImageId[] | undefined;
      const digests = asked
        ? asked.map((id) => found(repository, id, accountId))
        : [...repository.manifests.keys()];
      const {page, next} = paged(digests, input);
      return {imageDetails: page.map((digest) => detailOf(repository, digest)), nextToken: next};
    },

    ListImages: (input) => {
      const repository = repositoryOf(input['repositoryName']);
      const ids = [...repository.manifests.values()].flatMap(({digest, tags}) =>
        tags.size === 0
          ? [{imageDigest: digest}]
          : [...tags].map((imageTag) => ({imageDigest: digest, imageTag})),
      );
      const {tagStatus} = (input['filter'] ?? {}) as {tagStatus?: string};
      const wanted = ids.filter((id) => tagStatus !== 'TAGGED' || 'imageTag' in id);
      const {page, next} = paged(wanted, input);
      return {imageIds: page, nextToken: next};
    },

    BatchGetImage: (input) => {
      const repository = repositoryOf(input['repositoryName']);
      const {hits, failures} = lookedUp(repository, input);
      return {
        images: hits.map(({id, digest}) => ({
          ...named(repository),
          imageId: {...id, imageDigest: digest},
          imageManifest: Buffer.from(
            repository.manifests.get(digest)?.bytes ?? new Uint8Array(),
          ).toString(),
          imageManifestMediaType: repository.manifests.get(digest)?.mediaType,
        })),
        failures,
      };
    },

    PutImage: (input) => {
      const repository = repositoryOf(input['repositoryName']);
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
          `Image with digest '${imageId.imageDigest}' and tag '${tag}' already exists in the repository with name '${repository.name}' in registry with id '${accountId}'`,
        );
      }
      return {image: {...named(repository), imageId}};
    },

    BatchDeleteImage: (input) => {
      const repository = repositoryOf(input['repositoryName']);
      const {hits, failures} = lookedUp(repository, input);
      for (const {id, digest} of hits) {
        remove(repository, id, digest);
      }
      return {imageIds: hits.map(({id, digest}) => ({...id, imageDigest: digest})), failures};
    },
  });
}

const paged = <Item>(all: readonly Item[], input: JsonInput) =>
  pageOf(all, {size: Number(input['maxResults'] ?? 100), token: input['nextToken']});

const digestAt = (repository: Repository, {imageDigest, imageTag}: ImageId) =>
  manifestAt(repository, imageDigest ?? imageTag)?.digest;

function found(repository: Repository, id: ImageId, accountId: string): string {
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

/** By its tag only the tag goes; with the last tag, or by its digest, the image does (API reference, BatchDeleteImage). */
function remove(repository: Repository, {imageTag}: ImageId, digest: string): void {
  const manifest = repository.manifests.get(digest);
  if (manifest && imageTag !== undefined) {
    manifest.tags.delete(imageTag);
  }
  if (imageTag === undefined || manifest?.tags.size === 0) {
    repository.manifests.delete(digest);
  }
}
