import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {env, pid} from 'node:process';
import type {AwsReply, AwsRequest} from './service.ts';

/** One request, and what the lab's AWS answered: a line of the record. */
interface Exchange {
  readonly service: string;
  readonly operation: string;
  readonly request: Pick<AwsRequest, 'method' | 'path' | 'headers' | 'body'>;
  readonly reply: Pick<AwsReply, 'status' | 'headers' | 'body'>;
}

/** Keeps an exchange where `SWITCHAROO_WIRE` names a folder: `npm run wire` compares it with the models of AWS. */
export function recordExchange({service, operation, request, reply}: Exchange): void {
  const folder = env['SWITCHAROO_WIRE'];
  if (!folder) {
    return;
  }
  const {method, path, headers, body} = request;
  const answer = typeof reply.body === 'string' ? reply.body : null;
  const line = {
    ...{service, operation},
    request: {method, path, headers, body},
    reply: {status: reply.status, headers: reply.headers ?? {}, body: answer},
  };
  // One file a process: lines of several never mix.
  appendFileSync(join(folder, `${pid}.jsonl`), `${JSON.stringify(line)}\n`, {mode: 0o600});
}
