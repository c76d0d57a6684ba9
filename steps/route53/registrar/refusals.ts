import {SwitcharooError} from '../../../src/index.ts';
import {isThrottled} from '../../aws/index.ts';

/** An answer that says no; after any other error the request may have been carried out. */
export function wasRefused(error: unknown): boolean {
  if (error instanceof SwitcharooError) {
    return true;
  }
  const {$metadata} = (error ?? {}) as {readonly $metadata?: {readonly httpStatusCode?: number}};
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

/** Refused for now: worth sending again. */
export const isTemporary = (error: unknown): boolean =>
  isThrottled(error) || (error instanceof Error && error.name === 'DuplicateRequest');
