export {type BucketReader, s3Bucket} from './target.ts';
