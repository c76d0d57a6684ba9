import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {proxyAgent, SwitcharooError} from '../../../src/index.ts';
import {oneLine} from '../../aws/index.ts';

const longestMs = 10_000;
/** The configuration of an image is some kilobytes. */
const largestBytes = 4 * 1_024 * 1_024;

/** The text at a signed address of ECR. Its errors do not contain the address: the signature is in it. */
export async function downloadText(address: string, signal: AbortSignal): Promise<string> {
  const url = new URL(address);
  const agent = await proxyAgent({keepAlive: false});
  const limit = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  try {
    return await new Promise((resolve, reject) => {
      const sent = request(url, {signal: limit, ...(agent ? {agent} : {})}, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > largestBytes) {
            response.destroy(new Error(`more than ${largestBytes} bytes arrive`));
          }
        });
        response.once('error', reject);
        response.once('end', () =>
          response.statusCode === 200
            ? resolve(Buffer.concat(chunks).toString())
            : reject(new Error(`${url.host} answers with status ${response.statusCode}`)),
        );
      });
      sent.once('error', reject);
      sent.end();
    });
  } finally {
    agent?.destroy();
  }
}

/** The reason for a sentence that goes on. The end of the check itself is thrown on. */
export function whyNot(error: unknown, signal: AbortSignal): string {
  if (signal.aborted || !(error instanceof Error)) {
    throw error;
  }
  const text = error instanceof SwitcharooError ? error.problem.message : oneLine(error.message);
  return text.replace(/\.$/, '') || error.name;
}
