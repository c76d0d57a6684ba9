import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {z} from 'zod';
import {inputOf} from '../../engine/known-values.ts';
import {lookAt} from '../../engine/look.ts';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {type Opened, openWorld} from '../../run/open-world.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {listenToSignals} from '../signals.ts';

export interface TagOptions {
  readonly inventory: string;
  readonly repository?: string;
  readonly git?: string;
  readonly branch?: string;
}

const found = z.object({prefix: z.string(), number: z.number().int()});

/** Prints the next image tag of a branch, `<branch>.<number>`: one above all that a registry or a repository of git has. */
export async function tagCommand(
  app: App,
  {inventory, repository, git, branch}: TagOptions,
): Promise<ExitCode> {
  if (repository === undefined && git === undefined) {
    throw new SwitcharooError(nowhereToLook());
  }
  const signals = listenToSignals(app.say);
  const params = {
    branch: branch ?? (await currentBranch()),
    ...(repository === undefined ? {} : {repository}),
    ...(git === undefined ? {} : {git}),
  };
  const runbook = fileURLToPath(new URL('runbooks/next-tag.ts', packageRoot));
  const opened = await openWorld(app, {runbook, inventory, params}, signals, () => {});
  try {
    const numbers = await askAll(opened, signals.stopping);
    const next = Math.max(...numbers.map(({number}) => number)) + 1;
    const tag = `${numbers[0]?.prefix}.${next}`;
    app.print(app.json ? JSON.stringify({tag, branch: params.branch}) : tag);
    return exitCodes.done;
  } finally {
    await opened.close();
    signals.dispose();
  }
}

/** What every gate of the runbook says. It looks, and begins no run. */
async function askAll({runbook, world}: Opened, signal: AbortSignal) {
  const numbers: z.output<typeof found>[] = [];
  for (const entry of runbook.entries) {
    const input = inputOf(entry, world.params, new Map());
    if (input.kind !== 'known') {
      throw new Error(`${entry.id} asks for more than its parameters`);
    }
    const {verdict} = await lookAt(world, {entry, input: input.input, started: false}, signal);
    if (verdict.kind !== 'done') {
      throw new Error(`${entry.id} is ${verdict.kind}`);
    }
    numbers.push(found.parse(verdict.output));
  }
  return numbers;
}

async function currentBranch(): Promise<string> {
  try {
    const {stdout} = await promisify(execFile)('git', ['symbolic-ref', '--short', 'HEAD']);
    return stdout.trim();
  } catch {
    throw new SwitcharooError(branchUnknown());
  }
}

const nowhereToLook = (): Problem => ({
  code: 'tag-source-missing',
  message: 'It was not said where the tags are that exist already.',
  hint: 'Name the repository of ECR with --repository, that of git with --git, or both.',
});

const branchUnknown = (): Problem => ({
  code: 'branch-unknown',
  message: 'This folder is no checkout of a branch, and no branch was given.',
  hint: 'Name it: --branch master',
});
