import type {Problem} from '../../../src/index.ts';

export const repositoryNotFound = (repository: string): Problem => ({
  code: 'ecr-repository-not-found',
  message: `There is no repository ${repository} in this account and region.`,
  hint: `Create it with \`aws ecr create-repository --repository-name ${repository} --image-tag-mutability IMMUTABLE\`, or correct its name.`,
});

export const imageNotFound = (repository: string, tag: string): Problem => ({
  code: 'ecr-image-not-found',
  message: `Repository ${repository} has no image ${tag}.`,
  hint: 'It was deleted by hand or by a lifecycle policy: run again to rebuild it.',
});

export const tagImmutable = (repository: string, answer: string): Problem => ({
  code: 'ecr-tag-immutable',
  message: `ECR does not move a tag of ${repository} to another image: ${answer}.`,
  hint: {
    text: 'Another deployment has used this tag. Deploy again with the next one, from',
    command: 'tag',
  },
});
