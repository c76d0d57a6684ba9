import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {engineMissing} from './builder/problems.ts';
import {imageBuilder} from './target.ts';

/** Whether an image can be built: to be passed before anything waits for it. */
export const readyToBuild = defineGate({
  name: 'image.ready-to-build',
  summary: 'Check that docker or buildah works where an image is to be built.',
  targets: {builder: imageBuilder},
  input: z.object({
    /** False where the image exists already. */
    needed: z.boolean().default(true),
  }),
  output: z.object({}),
  needs: {builder: ['docker with its engine, or buildah']},
  timeoutMs: 60_000,

  async check({input: {needed}, targets: {builder}, signal}) {
    const engine = needed ? await builder.engine(signal) : undefined;
    if (!engine || 'program' in engine) {
      return done({});
    }
    const {message, hint} = engineMissing(builder.name, engine.missing);
    return blocked(message, hint);
  },
});
