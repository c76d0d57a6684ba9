export {openBucket} from './bucket/open-bucket.ts';
export type {BucketReader, BucketWriter, StoredObject} from './contract.ts';
export {s3Store} from './store/target.ts';
export {s3Bucket} from './target.ts';
