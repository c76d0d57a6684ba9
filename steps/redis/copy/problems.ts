import type {Problem} from '../../../src/index.ts';
import type {Key} from '../contract.ts';
import {keyCount, keysText} from '../server/key-text.ts';

export const keysStillWritten = (name: string, keys: readonly Key[], count: number): Problem => ({
  code: 'redis-keys-still-written',
  message: `${keyCount(count)} changed while they were copied back from ${name} for the last time: ${keysText(keys, count)}.`,
  hint: 'Stop what still writes there (redis-cli CLIENT LIST shows it), then retry.',
});

export const filledMeanwhile = (place: string): Problem => ({
  code: 'redis-filled-meanwhile',
  message: `${place} was empty, and has keys now that this run has not copied. Nothing was written.`,
  hint: 'Stop what writes there (redis-cli CLIENT LIST shows it), or the other run that copies. Empty it, then retry.',
});
