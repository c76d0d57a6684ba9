import {createHash, randomBytes} from 'node:crypto';

interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly pushedAt: Date;
  readonly tags: Set<string>;
}

export interface Repository {
  readonly name: string;
  readonly immutable: boolean;
  /** Its own policy, as JSON, where it has one. */
  policy?: string;
  readonly blobs: Map<string, Uint8Array>;
  /** By digest. */
  readonly manifests: Map<string, Manifest>;
}

/** What the registry keeps, and what ECR's API and its HTTP API both read. */
export interface RegistryStore {
  readonly repositories: ReadonlyMap<string, Repository>;
  /** For the user AWS. */
  readonly password: string;
}

export const createStore = (
  repositories: readonly {readonly name: string; readonly immutable?: boolean}[],
): RegistryStore => ({
  password: `eyJwYXlsb2FkIjoi${randomBytes(48).toString('base64url')}`,
  repositories: new Map(
    repositories.map(({name, immutable = false}) => [
      name,
      {name, immutable, blobs: new Map(), manifests: new Map()},
    ]),
  ),
});

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What lets a client have one blob without a login: the end of a signed address. */
export const blobSignature = ({password}: RegistryStore, digest: string): string =>
  createHash('sha256').update(`${password} ${digest}`).digest('hex');

/** By tag or digest. */
export function manifestAt(
  {manifests}: Repository,
  reference: string | undefined,
): Manifest | undefined {
  return reference?.startsWith('sha256:')
    ? manifests.get(reference)
    : [...manifests.values()].find(({tags}) => reference !== undefined && tags.has(reference));
}

type PutManifest =
  | {readonly kind: 'stored'; readonly manifest: Manifest; readonly isNew: boolean}
  | {readonly kind: 'tag-taken'; readonly digest: string};

/** Stores a manifest, and moves the tag to it where the repository lets it. */
export function putManifest(
  repository: Repository,
  bytes: Uint8Array,
  mediaType: string,
  tag: string | undefined,
): PutManifest {
  const digest = digestOf(bytes);
  const tagged = manifestAt(repository, tag);
  if (tagged && tagged.digest !== digest && repository.immutable) {
    return {kind: 'tag-taken', digest: tagged.digest};
  }
  const known = repository.manifests.get(digest);
  const manifest = known ?? {digest, mediaType, bytes, pushedAt: new Date(), tags: new Set()};
  repository.manifests.set(digest, manifest);
  const isNew = tag !== undefined && tagged !== manifest;
  if (tag !== undefined) {
    tagged?.tags.delete(tag);
    manifest.tags.add(tag);
  }
  return {kind: 'stored', manifest, isNew};
}
