import {arnOf, type ResourcesOf} from '../../aws/index.ts';

/** The resources of S3's actions (Service Authorization Reference, Amazon S3): a bucket, or objects in it. */
export const resourcesOf =
  (bucket: string, prefix?: string): ResourcesOf =>
  (action, place) => {
    const objects = prefix === undefined ? `${bucket}/*` : `${bucket}/${prefix}/*`;
    return [arnOf(place, 's3', action === 's3:ListBucket' ? bucket : objects)];
  };
