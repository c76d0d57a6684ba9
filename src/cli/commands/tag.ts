import {defineCommand, optional} from '../command.ts';
import {inventory} from '../options.ts';

export const tagCommand = defineCommand({
  name: 'tag',
  summary: 'Print the next image tag for a branch',
  description:
    'Print the next image tag for a branch, <branch>.<number>: one above the highest number in the repositories.',
  options: {
    inventory,
    repository: optional({placeholder: 'name', description: 'ECR repository to read the tags of'}),
    git: optional({placeholder: 'url', description: 'Git repository to read the tags of'}),
    branch: optional({
      placeholder: 'name',
      description: 'Branch (default: the one checked out here)',
    }),
  },
  examples: ['tag --repository sidekiq-nginx --branch feature/cart -i production'],
  run: async ({app, options}) => {
    const {printTag} = await import('../actions/tag.ts');
    const {inventory: file, ...sources} = options;
    return printTag(app, file, sources);
  },
});
