import {z} from 'zod';
import {blocked, defineGate, done} from '../../src/index.ts';
import {ecrRegistry} from './target.ts';

const mostTagsShown = 5;

/** Gives the image of a tag, where there is one: an image that exists is not built again. */
export const findImage = defineGate({
  name: 'ecr.find-image',
  summary: 'Check that a repository has the image of a tag, unless it may be missing.',
  targets: {registry: ecrRegistry},
  input: z.object({
    repository: z.string(),
    tag: z.string(),
    /** A later entry builds it. */
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
    const [series = ''] = tag.split('.');
    const similar = tags.filter((other) => other.startsWith(series)).slice(-mostTagsShown);
    return blocked(
      `Repository ${repository} of ${registry.name} has no image ${tag}; it has ${tags.length} tags${similar.length > 0 ? `, among them ${similar.join(', ')}` : ''}.`,
      'Push the image, correct the tag, or list its sources under `builds` in the inventory.',
    );
  },
});
