import {z} from 'zod';
import {defineTarget, type Session} from '../../src/index.ts';
import {LocalBuilder} from './builder/local-builder.ts';
import {builderPreflight} from './checks/builder.ts';
import type {BuilderReader, BuilderWriter} from './contract.ts';

/** This machine as the place where sources are checked out and images are built. */
export const imageBuilder = defineTarget({
  kind: 'image-builder',
  config: z.object({
    /** Sources are checked out in it, and certificates fetched: only its owner may read it. */
    folder: z.string(),
    engine: z.enum(['auto', 'docker', 'buildah']).default('auto'),
    /** Instead of the engine's own name: a path, or a command with options. */
    program: z.array(z.string()).min(1).optional(),
    platform: z.string().default('linux/amd64'),
  }),
  open: async (config, {name}): Promise<Session<BuilderReader, BuilderWriter>> => {
    const writer = new LocalBuilder(name, config);
    return {reader: writer, writer, close: async () => {}};
  },
  preflight: builderPreflight,
});
