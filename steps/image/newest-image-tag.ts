import {z} from 'zod';
import {defineGate, done} from '../../src/index.ts';
import {ecrRegistry} from '../ecr/index.ts';
import {newestNumber, numbered} from './git/refs.ts';

/** The newest image tag of a branch, by the convention `<branch>.<number>`. */
export const newestImageTag = defineGate({
  name: 'image.newest-image-tag',
  summary: 'Check which image tag of a branch in ECR is the newest, such as master.5.',
  targets: {registry: ecrRegistry},
  input: z.object({repository: z.string(), branch: z.string()}),
  output: numbered,
  needs: {registry: ['ecr:ListImages']},
  timeoutMs: 60_000,

  async check({input: {repository, branch}, targets: {registry}, signal}) {
    return done(newestNumber(await registry.tags(repository, signal), branch));
  },
});
