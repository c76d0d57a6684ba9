import type {Problem} from '../../../src/index.ts';

export const gitFailed = (builder: string, what: string, reason: string): Problem => ({
  code: 'git-failed',
  message: `git on ${builder} did not ${what}: ${reason.replace(/\.$/, '')}.`,
  hint: 'Run the same git command by hand, without a password prompt: set up an ssh key or a credential helper.',
});

export const refMoved = (ref: string, is: string, planned: string): Problem => ({
  code: 'git-ref-moved',
  message: `${ref} is now at ${is}; the plan was made for ${planned}.`,
  hint: 'Somebody pushed to it. Try again: the new plan uses the new commit.',
});

export const branchMoved = (
  builder: string,
  folder: string,
  branch: string,
  is: string | null,
  was: string,
): Problem => ({
  code: 'git-branch-moved',
  message: `${branch.replace('refs/heads/', 'Branch ')} in ${folder} on ${builder} is ${is === null ? 'deleted' : `at ${is.slice(0, 12)}`}; before this run it was at ${was.slice(0, 12)}.`,
  hint: `Somebody works there. Set the branch with: git branch --force ${branch.replace('refs/heads/', '')} ${was.slice(0, 12)}. Or check it out yourself and skip this entry.`,
});

const firstOf = (names: readonly string[]): string =>
  names.length > 3
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ');

/** `added`: files, branches and commits that the run did not make. */
export const foreignFiles = (
  builder: string,
  folder: string,
  added: readonly string[],
): Problem => ({
  code: 'checkout-foreign-files',
  message:
    added.length === 0
      ? `${folder} on ${builder} is a clone that this run did not make.`
      : `${folder} on ${builder} contains changes that this run did not make: ${firstOf(added)}.`,
  hint: 'Somebody works there, and the run does not remove their work. Move it away, then reverse again.',
});

export const pathOutsideFolder = (path: string, folder: string): Problem => ({
  code: 'path-outside-folder',
  message: `${path} leads outside ${folder} through a link.`,
  hint: 'Remove the link from the repository, or fetch the files into another folder of it.',
});

export const engineMissing = (builder: string, programs: readonly string[]): Problem => ({
  code: 'image-builder-missing',
  message: `${builder} has no working ${programs.join(' and no working ')}: it cannot build an image.`,
  hint: 'Install buildah or docker there, or set `program` of the builder in the inventory. An image that is pushed already is not built.',
});

export const engineFailed = (builder: string, what: string, reason: string): Problem => ({
  code: 'image-builder-failed',
  message: `${builder} did not ${what}: ${reason.replace(/\.$/, '')}.`,
  hint: 'Fix the cause above, then try again: an image that is built already is not built again.',
});

export const tagTaken = (repository: string, tag: string): Problem => ({
  code: 'image-tag-taken',
  message: `Somebody else has pushed another image as ${repository}:${tag} meanwhile.`,
  hint: {text: 'Reverse this run, and deploy again with the next tag, from', command: 'tag'},
});

export const copyMissing = (path: string, builder: string): Problem => ({
  code: 'file-copy-missing',
  message: `The copy of the earlier ${path} on ${builder} is missing.`,
  hint: 'Write the earlier file there yourself, then try again.',
});
