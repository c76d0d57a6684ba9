import {defineRunbook} from 'switcharoo';
import {ecrRegistry} from 'switcharoo/ecr';
import {imageBuilder, newestGitTag, newestImageTag} from 'switcharoo/image';
import {z} from 'zod';

const params = z.object({
  branch: z.string(),
  repository: z.string().optional(),
  git: z.string().optional(),
});

const given = (name: 'repository' | 'git') => ({
  title: `Newest tag in ${name}`,
  of: ({[name]: where, branch}: z.output<typeof params>) => (where ? [{where, branch}] : []),
  name: ({where}: {readonly where: string}) => where,
});

/** What `switcharoo tag` asks. It changes nothing. */
export default defineRunbook({
  name: 'next-tag',
  summary: 'Find the newest tag of a branch.',
  params,
  targets: {registry: ecrRegistry, builder: imageBuilder},
})
  .phase('Check')
  .each('image', given('repository'), newestImageTag, ({where, branch}) => ({
    on: {registry: 'registry'},
    input: () => ({repository: where, branch}),
  }))
  .each('git', given('git'), newestGitTag, ({where, branch}) => ({
    on: {builder: 'builder'},
    input: () => ({url: where, branch}),
  }));
