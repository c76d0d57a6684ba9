import type {Problem} from '../../../src/index.ts';
import {firstOf} from '../compare/place.ts';

const documents = (count: number): string => (count === 1 ? '1 document' : `${count} documents`);

export const documentsNotCopied = (from: string, reasons: readonly string[]): Problem => ({
  code: 'documents-not-copied',
  message: `${documents(reasons.length)} of ${from} could not be copied: ${firstOf(reasons)}.`,
  hint: 'curl on the host must reach the S3 endpoint, and the account needs s3:GetObject and s3:PutObject. Fix the cause, then retry: documents that were copied are not copied again.',
});

export const documentsStillWritten = (from: string, paths: readonly string[]): Problem => ({
  code: 'documents-still-written',
  message: `${documents(paths.length)} of ${from} still changed during the copy: ${firstOf(paths)}.`,
  hint: 'Stop what still writes there, then retry. On a host, fuser -v FILE shows it; to the bucket, tasks of the new side write.',
});

export const documentNamesRefused = (from: string, paths: readonly string[]): Problem => ({
  code: 'document-names-refused',
  message: `${documents(paths.length)} of ${from} ${paths.length === 1 ? 'has a name' : 'have names'} that the other side does not allow: ${firstOf(paths)}.`,
  hint: 'Rename them. A file needs a name in UTF-8 (convmv changes it); an object needs a key without an empty part, "." or "..".',
});

export const documentsTooLarge = (from: string, paths: readonly string[]): Problem => ({
  code: 'documents-too-large',
  message: `${documents(paths.length)} of ${from} ${paths.length === 1 ? 'is' : 'are'} larger than 5 GiB, which S3 only accepts in parts: ${firstOf(paths)}.`,
  hint: 'Copy them to their keys with aws s3 cp after their last change, then retry: documents that are in the bucket are not copied again.',
});
