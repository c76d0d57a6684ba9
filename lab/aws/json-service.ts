import {AwsError, jsonReply} from './replies.ts';
import type {AwsService} from './service.ts';

export type JsonInput = Readonly<Record<string, unknown>>;
type JsonOperations = Readonly<Record<string, (input: JsonInput) => object>>;

/** A service of the JSON 1.1 family: one function an operation, named in the header `X-Amz-Target`. */
export const jsonService = (
  signingName: string,
  targetPrefix: string,
  operations: JsonOperations,
): AwsService => ({
  signingName,
  handle: async ({headers, body}) => {
    const name = headers['x-amz-target'] ?? '';
    const operation = operations[name.slice(targetPrefix.length)];
    if (!name.startsWith(targetPrefix) || !operation) {
      throw new AwsError('UnknownOperationException', `${name} is not an operation of this lab.`);
    }
    // The SDK sends an object for every operation.
    return jsonReply(operation(JSON.parse(body || '{}') as JsonInput));
  },
});

/** One page of a list. The token is opaque to clients; here it is where the next page begins. */
export function pageOf<Item>(
  all: readonly Item[],
  {size, token}: {readonly size: number; readonly token: unknown},
): {readonly page: readonly Item[]; readonly next: string | undefined} {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start)) {
    throw new AwsError('InvalidParameterException', 'Invalid token');
  }
  const end = start + size;
  return {page: all.slice(start, end), next: end < all.length ? String(end) : undefined};
}
