import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {env} from 'node:process';
import {proxyAgent} from '../../../src/index.ts';
import {partitionOf} from './arns.ts';
import {regionOf} from './region.ts';

/** From here on the difference is worth a sentence. AWS refuses signatures that are five minutes off. */
const worthSayingMs = 60_000;

/** How far the clock of AWS is ahead of this machine's, in ms, by endpoint: every answer of AWS has its time. */
const offsets = new Map<string, number>();

/** One clock an endpoint: of AWS there is one, and a lab has its own. */
export class AwsClock {
  readonly #key: string;

  constructor(endpoint: string | undefined) {
    this.#key = endpoint ?? 'aws';
  }

  /** 0 as long as nothing has answered, or where the difference does not matter. */
  offsetMs(): number {
    const offsetMs = offsets.get(this.#key) ?? 0;
    return Math.abs(offsetMs) < worthSayingMs ? 0 : offsetMs;
  }

  /** The time of AWS. */
  now(): Date {
    return new Date(Date.now() + this.offsetMs());
  }

  /** Below zero once it is over. */
  msUntil(moment: Date): number {
    return moment.getTime() - this.now().getTime();
  }

  learn(offsetMs: number | undefined): void {
    // A client that has heard nothing yet has 0.
    if (offsetMs !== undefined && offsetMs !== 0) {
      offsets.set(this.#key, offsetMs);
    }
  }

  /** `date`: the header of an answer that has just arrived. */
  learnFrom(date: string | undefined): void {
    const atMs = Date.parse(date ?? '');
    if (!Number.isNaN(atMs)) {
      this.learn(atMs - Date.now());
    }
  }
}

/**
 * Asks AWS for nothing but its time: every answer has it, also one that refuses. As the SDK does, it goes where the
 * environment says (`AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`).
 */
export async function awsClockAheadMs(signal: AbortSignal): Promise<number> {
  const {AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL} = env;
  const region = await regionOf({});
  const usual = `https://sts.${region}.${partitionOf(region).domain}/`;
  const url = AWS_ENDPOINT_URL_STS || AWS_ENDPOINT_URL || usual;
  const agent = await proxyAgent({keepAlive: false});
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {method: 'HEAD', signal, ...(agent ? {agent} : {})}, (answer) => {
      answer.resume();
      const atMs = Date.parse(answer.headers.date ?? '');
      if (Number.isNaN(atMs)) {
        reject(new Error(`${url} has answered without a date`));
      } else {
        resolve(atMs - Date.now());
      }
    });
    request.on('error', reject).end();
  });
}

/** `undefined` where the clock is right. */
export function clockText(offsetMs: number): string | undefined {
  if (Math.abs(offsetMs) < worthSayingMs) {
    return undefined;
  }
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const length = hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  return `The clock of this machine is ${length} ${side} AWS's; requests are signed with AWS's time. Set the clock before the night: times in the journal are this machine's.`;
}
