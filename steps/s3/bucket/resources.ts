import {arnOf, type ResourcesOf} from '../../aws/index.ts';

const ofBucket: ReadonlySet<string> = new Set([
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
]);

/** The resources of S3's actions (Service Authorization Reference, Amazon S3): a bucket, or objects in it. */
export const resourcesOf =
  (bucket: string, prefix?: string): ResourcesOf =>
  (action, place) => {
    const objects = prefix === undefined ? `${bucket}/*` : `${bucket}/${prefix}/*`;
    return [arnOf(place, 's3', ofBucket.has(action) ? bucket : objects)];
  };
