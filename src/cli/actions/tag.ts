import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {nextTag} from '../../run/next-tag.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {listenToSignals} from '../signals.ts';

interface TagSources {
  readonly repository: string | undefined;
  readonly git: string | undefined;
  /** Without it, the branch that is checked out here. */
  readonly branch: string | undefined;
}

/** Prints the next image tag of a branch. */
export async function printTag(
  app: App,
  inventory: string,
  {repository, git, branch: given}: TagSources,
): Promise<ExitCode> {
  if (repository === undefined && git === undefined) {
    throw new SwitcharooError(tagSourceMissing());
  }
  const signals = listenToSignals(app.say);
  try {
    const branch = given ?? (await currentBranch());
    const params = {
      branch,
      ...(repository === undefined ? {} : {repository}),
      ...(git === undefined ? {} : {git}),
    };
    const tag = await nextTag(app, {inventory, params}, signals);
    if (app.json) {
      printDocument(app, 'tag', {tag, branch, next: []});
    } else {
      app.print(tag);
    }
    return exitCodes.done;
  } finally {
    signals.dispose();
  }
}

async function currentBranch(): Promise<string> {
  try {
    const {stdout} = await promisify(execFile)('git', ['symbolic-ref', '--short', 'HEAD']);
    return stdout.trim();
  } catch {
    throw new SwitcharooError(unknownBranch());
  }
}

const tagSourceMissing = (): Problem => ({
  code: 'tag-source-missing',
  message: 'No repository was given, so the existing tags cannot be read.',
  hint: 'Name the ECR repository with --repository, the git repository with --git, or both.',
});

const unknownBranch = (): Problem => ({
  code: 'unknown-branch',
  message: 'No branch was given, and this folder is not a checkout of a branch.',
  hint: 'Name the branch: --branch master',
});
