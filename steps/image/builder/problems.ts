import type {Problem} from '../../../src/index.ts';

export const gitFailed = (builder: string, what: string, said: string): Problem => ({
  code: 'git-failed',
  message: `git on ${builder} did not ${what}: ${said.replace(/\.$/, '')}.`,
  hint: 'Try the same with git by hand: it asks nobody for a password here, so its keys or credential helper must do.',
});

export const refMoved = (ref: string, is: string, planned: string): Problem => ({
  code: 'git-ref-moved',
  message: `${ref} is at ${is} by now; the plan was made for ${planned}.`,
  hint: 'Somebody has pushed meanwhile. Try again: it is planned anew.',
});

export const branchMoved = (
  builder: string,
  folder: string,
  branch: string,
  is: string | null,
  was: string,
): Problem => ({
  code: 'git-branch-moved',
  message: `${branch.replace('refs/heads/', 'Branch ')} in ${folder} on ${builder} is ${is === null ? 'gone' : `at ${is.slice(0, 12)}`}; this run found it at ${was.slice(0, 12)}.`,
  hint: 'Somebody works there. Put the branch back where it was, or check it out yourself and skip this entry.',
});

const firstOf = (names: readonly string[]): string =>
  names.length > 3
    ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    : names.join(', ');

/** `added`: what lies there that the run has not put there. */
export const notOnlyOurs = (
  builder: string,
  folder: string,
  added: readonly string[],
): Problem => ({
  code: 'checkout-not-only-ours',
  message:
    added.length === 0
      ? `${folder} on ${builder} is a clone that this run has not made.`
      : `${folder} on ${builder} has what this run has not put there: ${firstOf(added)}.`,
  hint: 'Somebody works there, and nothing of theirs is removed. Move it away, then reverse again.',
});

export const outsideOfFolder = (path: string, folder: string): Problem => ({
  code: 'path-outside-of-folder',
  message: `${path} does not lie in ${folder}, once its links are followed.`,
  hint: 'Take the link out of the repository, or fetch the files into another folder of it.',
});

export const engineMissing = (builder: string, tried: readonly string[]): Problem => ({
  code: 'image-builder-missing',
  message: `${builder} has no ${tried.join(' and no ')}: nothing there can build an image.`,
  hint: 'Install buildah or docker there, or name your own program with `program` in the inventory; or have the image pushed by somebody else first: then nothing is built.',
});

export const engineFailed = (builder: string, what: string, said: string): Problem => ({
  code: 'image-builder-failed',
  message: `${builder} did not ${what}: ${said.replace(/\.$/, '')}.`,
  hint: 'Correct what it names, then try again: what is built already is not built twice.',
});

export const tagTaken = (repository: string, tag: string): Problem => ({
  code: 'image-tag-taken',
  message: `Somebody else has pushed another image as ${repository}:${tag} meanwhile.`,
  hint: 'Choose the next tag with `switcharoo tag`, reverse this run, and deploy again.',
});

export const copyGone = (path: string, builder: string): Problem => ({
  code: 'file-copy-gone',
  message: `The copy that was kept of ${path} on ${builder} is gone.`,
  hint: 'Put the file back from where you have it, and try again.',
});
