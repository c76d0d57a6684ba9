import {xmlReply} from './replies.ts';
import type {AwsReply} from './service.ts';

export interface Version {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  /** What is sent with it. */
  readonly served: Readonly<Record<string, string>>;
  /** The object was deleted, and its versions before are kept. */
  readonly isMarker?: true;
}

/** By key, the newest version first. */
export type Bucket = Map<string, Version[]>;

export const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const pageSize = 1_000;

/** The newest version, unless the object was deleted. */
export const currentOf = (bucket: Bucket, key: string): Version | undefined => {
  const newest = bucket.get(key)?.[0];
  return newest?.isMarker ? undefined : newest;
};

export const keysOf = (bucket: Bucket): readonly string[] =>
  [...bucket.keys()].filter((key) => currentOf(bucket, key)).sort();

export function listing(name: string, bucket: Bucket, query: URLSearchParams): AwsReply {
  const prefix = query.get('prefix') ?? '';
  // The token is opaque to clients; here it is the last key of the page before.
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const size = Math.min(Number(query.get('max-keys') ?? pageSize), pageSize);
  const keys = keysOf(bucket).filter((key) => key.startsWith(prefix) && key > after);
  const page = keys.slice(0, size);
  const isTruncated = keys.length > page.length;
  return xmlReply('ListBucketResult', namespace, {
    Name: name,
    Prefix: prefix,
    KeyCount: page.length,
    MaxKeys: size,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated ? page.at(-1) : undefined,
    Contents: page.flatMap((key) => {
      const version = currentOf(bucket, key);
      return version
        ? {
            Key: key,
            LastModified: version.modified.toISOString(),
            ETag: version.etag,
            Size: version.bytes.length,
            StorageClass: 'STANDARD',
          }
        : [];
    }),
  });
}

/** By key, then from the newest on; where none are kept, each object has the version `null` (API reference). */
export function versionListing(
  name: string,
  bucket: Bucket,
  query: URLSearchParams,
  isVersioned: boolean,
): AwsReply {
  const prefix = query.get('prefix') ?? '';
  const size = Math.min(Number(query.get('max-keys') ?? pageSize), pageSize);
  const all = [...bucket.keys()].sort().flatMap((key) => {
    const versions = bucket.get(key) ?? [];
    return (isVersioned ? versions : versions.slice(0, 1)).map((version, index) => ({
      ...{key, version, isLatest: index === 0},
      id: isVersioned ? version.id : 'null',
    }));
  });
  const rest = all.slice(startOf(all, query)).filter(({key}) => key.startsWith(prefix));
  const page = rest.slice(0, size);
  const last = rest.length > page.length ? page.at(-1) : undefined;
  const shown = (isMarker: boolean) =>
    page
      .filter(({version}) => (version.isMarker === true) === isMarker)
      .map(({key, id, isLatest, version}) => ({
        ...{Key: key, VersionId: id, IsLatest: isLatest},
        LastModified: version.modified.toISOString(),
        ...(isMarker
          ? {}
          : {ETag: version.etag, Size: version.bytes.length, StorageClass: 'STANDARD'}),
      }));
  return xmlReply('ListVersionsResult', namespace, {
    ...{Name: name, Prefix: prefix, MaxKeys: size, IsTruncated: last !== undefined},
    ...{NextKeyMarker: last?.key, NextVersionIdMarker: last?.id},
    ...{Version: shown(false), DeleteMarker: shown(true)},
  });
}

/** After the version at which the page before ended. */
function startOf(
  all: readonly {readonly key: string; readonly id: string}[],
  query: URLSearchParams,
): number {
  const marker = query.get('key-marker');
  const version = query.get('version-id-marker');
  return marker === null
    ? 0
    : all.findLastIndex(({key, id}) => key === marker && (version === null || id === version)) + 1;
}
