import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {ecrRegistry} from './target.ts';

const newestShown = 5;

/** Which image a tag means, if there is one: what is there is not built again. */
export const findImage = defineGate({
  name: 'ecr.find-image',
  summary: 'Find out which image a tag of a repository means, if it is there already.',
  targets: {registry: ecrRegistry},
  input: z.object({
    repository: z.string(),
    tag: z.string(),
    /** Somebody will build it. */
    mayBeMissing: z.boolean().default(false),
  }),
  output: z.object({digest: z.string().nullable(), image: z.string().nullable()}),
  needs: {registry: ['ecr:DescribeRepositories', 'ecr:DescribeImages', 'ecr:ListImages']},
  timeoutMs: 60_000,

  async check({input: {repository, tag, mayBeMissing}, targets: {registry}, signal}) {
    const [{uri}, digest] = await Promise.all([
      registry.repository(repository, signal),
      registry.digest(repository, tag, signal),
    ]);
    if (digest !== undefined) {
      return done({digest, image: `${uri}@${digest}`});
    }
    if (mayBeMissing) {
      return done({digest: null, image: null});
    }
    const tags = await registry.tags(repository, signal);
    const [first = ''] = tag.split('.');
    const near = tags.filter((one) => one.startsWith(first)).slice(-newestShown);
    return blocked(
      `Repository ${repository} of ${registry.name} has no image ${tag}; it has ${tags.length} tags${near.length > 0 ? `, among them ${near.join(', ')}` : ''}.`,
      'Push it, correct the tag, or describe under `builds` in the inventory from which sources it is built.',
    );
  },
});
