import {blocked, observedIn, preflightOf} from '../../../src/index.ts';
import {engineMissing} from '../builder/problems.ts';
import type {BuilderReader} from '../contract.ts';

/** Whether images can be built here. */
export const builderPreflight = preflightOf<BuilderReader>([
  {
    name: 'engine-missing',
    severity: 'blocks',
    expects: 'docker or buildah works where images are built.',
    consequence: 'No image can be built.',
    fix: 'Install buildah, or start docker.',
    find: async (builder, signal) => {
      const engine = await builder.engine(signal);
      if ('program' in engine) {
        return [];
      }
      const {message, hint} = engineMissing(builder.name, engine.missing);
      return observedIn(blocked(message, hint));
    },
  },
]);
