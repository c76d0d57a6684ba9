import {z} from 'zod';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {HostReader, HostsReader} from '../../hosts/index.ts';
import type {BucketReader, StoredObject} from '../../s3/index.ts';

/** Where the documents are on a host, and in the bucket. */
export const placeInput = z.object({
  /** On the host: `/srv/shop/documents`. */
  directory: z
    .string()
    .regex(/^(\/[^/]+)+$/, 'must be an absolute path without a slash at its end'),
  /** What the keys of the objects begin with: `documents/`; empty for the whole bucket. */
  prefix: z
    .string()
    .regex(/^([^/]+\/)*$/, 'must end with a slash and not begin with one')
    .default('documents/'),
  /** The host that reads and writes the directory, where several have it: as the inventory names it. */
  host: z.string().optional(),
});
export type Place = z.output<typeof placeInput>;

/** Where switcharoo notes in a bucket what it has copied. No document is below it. */
export const ownPrefix = 'switcharoo/';

/** The host of a group that has the directory: the first, where none is named. */
export function hostFor(hosts: HostsReader, place: Place): HostReader | Blocked {
  const host = hosts.hosts.find(({name}, index) =>
    place.host === undefined ? index === 0 : name === place.host,
  );
  return (
    host ??
    blocked(
      `${hosts.name} has no host ${place.host}; it has ${hosts.hosts.map(({name}) => name).join(', ')}.`,
      'Correct the host in the parameters of the runbook.',
    )
  );
}

/** The same host, where its role may be only looked at or also changed. */
export function hostNamed<Host extends HostReader>(
  {hosts}: {readonly hosts: readonly Host[]},
  name: string,
): Host {
  const host = hosts.find((each) => each.name === name);
  if (!host) {
    throw new Error(`there is no host ${name}`);
  }
  return host;
}

/** Why nothing can be copied between a host and a bucket. */
export async function obstacleAt(
  host: HostReader,
  {directory}: Place,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  switch (await host.treeState(directory, signal)) {
    case 'ready':
      return undefined;
    case 'no-curl':
      return blocked(
        `${host.name} has no curl, which copies the documents.`,
        `Install curl on ${host.name}.`,
      );
    case 'no-directory':
      return blocked(
        `${host.name} has no directory ${directory}.`,
        `Correct the input "directory", or mount it on ${host.name}.`,
      );
  }
}

/** `files1:/srv/documents` */
export const directoryText = (host: HostReader, {directory}: Place): string =>
  `${host.name}:${directory}`;

/** `bucket shop-documents (documents/)` */
export const bucketText = ({name}: BucketReader, {prefix}: Place): string =>
  prefix === '' ? name : `${name} (${prefix})`;

const shown = 5;

/** `a, b and 4 more` */
export const firstOf = (names: readonly string[]): string =>
  `${names.slice(0, shown).join(', ')}${names.length > shown ? ` and ${names.length - shown} more` : ''}`;

/** The objects that are documents. */
export async function documentsIn(
  bucket: BucketReader,
  {prefix}: Place,
  signal: AbortSignal,
): Promise<readonly StoredObject[]> {
  const objects = await bucket.objects(prefix, signal);
  // An object whose key ends with a slash is a folder that a console has made.
  return objects.filter(({key}) => !key.startsWith(ownPrefix) && !key.endsWith('/'));
}
