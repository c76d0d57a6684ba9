import type {Problem} from '../../../src/index.ts';
import type {Key} from '../contract.ts';
import {keyCount, keysText} from '../server/key-text.ts';

export const keysStillWritten = (name: string, keys: readonly Key[], count: number): Problem => ({
  code: 'redis-keys-still-written',
  message: `${keyCount(count)} of ${name} still changed while they were copied back: ${keysText(keys, count)}.`,
  hint: 'Stop the clients that still write there (redis-cli CLIENT LIST shows them), then retry.',
});

export const filledMeanwhile = (place: string): Problem => ({
  code: 'redis-filled-meanwhile',
  message: `${place} was empty when it was checked, and now has keys that this run did not copy. Nothing was written.`,
  hint: 'Stop the clients that write there (redis-cli CLIENT LIST shows them), or the other run that copies to it. If nobody needs its keys, remove them (redis-cli -h HOST -n DB FLUSHDB), then retry.',
});
