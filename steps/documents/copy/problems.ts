import type {Problem} from '../../../src/index.ts';
import {firstOf} from '../compare/place.ts';

export const documentsNotCopied = (from: string, reasons: readonly string[]): Problem => ({
  code: 'documents-not-copied',
  message: `${reasons.length === 1 ? '1 document' : `${reasons.length} documents`} of ${from} could not be copied: ${firstOf(reasons)}.`,
  hint: 'Fix the cause, then retry: what was copied is not copied again. curl on the host must reach the endpoint of S3, and the account needs s3:GetObject and s3:PutObject.',
});

export const documentsStillWritten = (from: string, paths: readonly string[]): Problem => ({
  code: 'documents-still-written',
  message: `${paths.length === 1 ? '1 document' : `${paths.length} documents`} of ${from} changed while they were copied for the last time: ${firstOf(paths)}.`,
  hint: 'Stop what still writes there (fuser -v FILE on the host shows it), then retry.',
});

export const documentNamesRefused = (from: string, paths: readonly string[]): Problem => ({
  code: 'document-names-refused',
  message: `${paths.length === 1 ? '1 document' : `${paths.length} documents`} of ${from} have names that the other side cannot have: ${firstOf(paths)}.`,
  hint: 'Rename them: names of objects are UTF-8 (convmv changes those of files), and a file has no name with an empty part, . or .. in it.',
});

export const documentsTooLarge = (from: string, paths: readonly string[]): Problem => ({
  code: 'documents-too-large',
  message: `${paths.length === 1 ? '1 document' : `${paths.length} documents`} of ${from} have more than 5 GiB, which S3 takes in parts only: ${firstOf(paths)}.`,
  hint: 'Copy them to their keys with aws s3 cp, after their last change, then retry: what is there already is not copied again.',
});
