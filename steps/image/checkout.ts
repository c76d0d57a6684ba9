import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
} from '../../src/index.ts';
import {branchMoved, foreignFiles} from './builder/problems.ts';
import {gitUrl} from './git/git-url.ts';
import {chooseRef} from './git/refs.ts';
import {type Source, shortCommit} from './git/sources.ts';
import {imageBuilder} from './target.ts';

const targets = {builder: imageBuilder};

const input = z.object({
  url: gitUrl,
  /** A branch, a tag, or an image tag `<branch>.<number>`. */
  ref: z.string().regex(/^[^-]/),
  /** The folder, in that of the builder. */
  into: z.string().regex(/^[\w@-][\w.@-]*$/, 'is the name of one folder'),
  /** False where the image exists already. */
  needed: z.boolean().default(true),
});

const before = z.object({
  commit: z.string().nullable(),
  /** The branch that was checked out, if any. */
  branch: z.string().optional(),
  /** The run that had checked it out. */
  run: z.string().optional(),
});
type Before = z.output<typeof before>;

type CheckoutLook = Look<typeof targets, z.output<typeof input>>;

/** Checks out a branch or a tag where images are built. */
export const checkout = defineStep({
  name: 'image.checkout',
  summary: 'Check out a branch or a tag where images are built.',
  targets,
  input,
  before,
  output: z.object({commit: z.string().nullable()}),
  reverses:
    'Checks out the earlier commit, on its branch; or removes the folder that it made, if nobody has added anything to it.',
  needs: {builder: ['git, with read access to the repository', 'to write the folder']},
  effects: [],
  timeoutMs: 15 * 60_000,

  async check(look) {
    const {
      input,
      targets: {builder},
      signal,
    } = look;
    if (!input.needed) {
      return done({commit: null});
    }
    const source = await builder.source(input.into, look.run.id, signal);
    const was = stateOf(source);
    const {commit} = was;
    const {started, id} = look.run;
    // A branch may move on: the run builds the commit that it checked out.
    if (started && commit !== null && was.run === id) {
      return obstacleOf(look, source) ?? done({commit});
    }
    const chosen = await chosenCommit(look);
    if ('reason' in chosen) {
      return chosen;
    }
    const obstacle = obstacleOf(look, source);
    if (obstacle) {
      return obstacle;
    }
    // A started run must leave its mark: without it, a later check would take the clone for somebody else's.
    return commit === chosen.commit && !started
      ? done({commit})
      : pending(was, {
          what: input.into,
          is: commit === null ? 'missing' : shortCommit(commit),
          shouldBe: `${chosen.shown} at ${shortCommit(chosen.commit)}`,
        });
  },

  async plan(look) {
    const chosen = await chosenCommit(look);
    return 'reason' in chosen ? [] : [checkingOut(look, chosen)];
  },

  async reverse(look, before) {
    const {
      input,
      targets: {builder},
      run,
      signal,
    } = look;
    const source = await builder.source(input.into, run.id, signal);
    const obstacle = obstacleOf(look, source);
    if (obstacle) {
      return obstacle;
    }
    return before.commit === null
      ? removing(look, source)
      : restoring(look, source, before, before.commit);
  },
});

/** The commit of a clone, as a before-image. */
const stateOf = (source: Source): Before =>
  source.kind === 'clone'
    ? {
        commit: source.commit,
        ...(source.branch === null ? {} : {branch: source.branch}),
        ...(source.run === null ? {} : {run: source.run}),
      }
    : {commit: null};

type ChosenCommit = {readonly ref: string; readonly commit: string; readonly shown: string};

async function chosenCommit({
  input,
  targets: {builder},
  signal,
}: CheckoutLook): Promise<ChosenCommit | Blocked> {
  const {url, ref} = input;
  const refs = await builder.remoteRefs(url, signal);
  const chosen = chooseRef(refs, ref);
  if (chosen.kind === 'one') {
    return chosen;
  }
  return chosen.kind === 'several'
    ? blocked(
        `${ref} may have been built from each of ${chosen.candidates.join(', ')} of ${url}.`,
        'Set the ref to the branch itself.',
      )
    : blocked(
        `${url} has no branch or tag ${ref}, and no branch whose image tags have this form; it has ${refs.length} branches and tags.`,
        `Push it first, or correct the name. List the branches and tags with: git ls-remote ${url}`,
      );
}

function obstacleOf(
  {input, targets: {builder}}: CheckoutLook,
  source: Source,
): Blocked | undefined {
  const folder = builder.folderOf(input.into);
  if (source.kind === 'foreign') {
    return blocked(
      `${folder} on ${builder.name} exists, and is ${source.what}.`,
      'Move it away, or set another folder for the builder in the inventory.',
    );
  }
  return source.kind === 'clone' && source.changed.length > 0
    ? blocked(
        `In ${folder} on ${builder.name}, ${source.changed.length} files are changed and not committed: ${source.changed.slice(0, 3).join(', ')}.`,
        'Commit the files, or move them away: the step overwrites no uncommitted change.',
      )
    : undefined;
}

const checkingOut = (
  {input: {url, into}, run}: CheckoutLook,
  {ref, commit, shown}: ChosenCommit,
): Action<typeof targets> => ({
  on: 'builder',
  does: `check out ${shown} of ${url} at ${shortCommit(commit)} into ${into}`,
  perform: (builder, signal) => builder.checkOut({url, ref, commit, into, run: run.id}, signal),
});

async function removing(
  {input: {into}, targets: {builder}, run, signal}: CheckoutLook,
  source: Source,
): Promise<readonly Action<typeof targets>[] | Blocked> {
  if (source.kind === 'absent' && !(await builder.isHalfMade(into, run.id))) {
    return [];
  }
  const added = source.kind === 'clone' ? await builder.addedTo(into, signal) : [];
  if (source.kind === 'clone' && (source.madeBy !== run.id || added.length > 0)) {
    const {message, hint} = foreignFiles(
      builder.name,
      builder.folderOf(into),
      source.madeBy === run.id ? added : [],
    );
    return blocked(message, hint);
  }
  return [
    {
      on: 'builder',
      does:
        source.kind === 'absent'
          ? `remove what is left of the checkout ${into}`
          : `remove the checkout ${into}`,
      perform: (writer, limited) => writer.removeSource(into, run.id, limited),
    },
  ];
}

async function restoring(
  {input: {into}, targets: {builder}, run, signal}: CheckoutLook,
  source: Source,
  {branch, run: by}: Before,
  commit: string,
): Promise<readonly Action<typeof targets>[] | Blocked> {
  const folder = builder.folderOf(into);
  if (source.kind !== 'clone') {
    return blocked(
      `${folder} on ${builder.name} is missing; before this run ${shortCommit(commit)} was checked out there.`,
      'Move the folder to its place again, or skip this entry.',
    );
  }
  const now = stateOf(source);
  if (now.commit === commit && now.branch === branch && now.run === by && !source.isKept) {
    return [];
  }
  const at = branch === undefined ? commit : await builder.commitOf(into, branch, signal);
  if (at !== commit) {
    const {message, hint} = branchMoved(builder.name, folder, branch ?? '', at, commit);
    return blocked(message, hint);
  }
  const place = branch === undefined ? '' : `, on ${branch.replace('refs/heads/', 'branch ')},`;
  return [
    {
      on: 'builder',
      does: `check out ${shortCommit(commit)}${place} in ${into} again`,
      perform: (writer, limited) =>
        writer.restoreSource(
          into,
          {commit, branch: branch ?? null, run: by ?? null},
          run.id,
          limited,
        ),
    },
  ];
}
