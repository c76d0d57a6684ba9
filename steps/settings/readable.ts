import {z} from 'zod';
import {defineGate, done} from '../../src/index.ts';
import {settingsStore} from './target.ts';

/** Reads the settings of a container before anything waits for them. */
export const settingsReadable = defineGate({
  name: 'settings.readable',
  summary: 'Check that settings can be read, and that every reference in them can be resolved.',
  targets: {settings: settingsStore},
  input: z.object({keys: z.array(z.string())}),
  output: z.object({}),
  needs: {settings: ['s3:GetObject', 'ssm:DescribeParameters', 'secretsmanager:DescribeSecret']},
  timeoutMs: 60_000,

  async check({input: {keys}, targets: {settings}, signal}) {
    await Promise.all(keys.map((key) => settings.settings(key, signal)));
    return done({});
  },
});
