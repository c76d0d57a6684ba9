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
import {branchMoved, notOnlyOurs} from './builder/problems.ts';
import {gitUrl} from './git/git-url.ts';
import {chooseRef} from './git/refs.ts';
import {type Source, shortCommit} from './git/sources.ts';
import {imageBuilder} from './target.ts';

const targets = {builder: imageBuilder};

const input = z.object({
  url: gitUrl,
  /** A branch, a tag, or an image tag `<branch>.<number>`. */
  ref: z.string().regex(/^[^-]/),
  /** The folder, below that of the builder. */
  into: z.string().regex(/^[\w@-][\w.@-]*$/, 'is the name of one folder'),
  /** False where the image is there already. */
  needed: z.boolean().default(true),
});

const before = z.object({
  commit: z.string().nullable(),
  /** Where a branch was checked out. */
  branch: z.string().optional(),
  /** The run that had checked it out. */
  run: z.string().optional(),
});
type Before = z.output<typeof before>;

type CheckoutLook = Look<typeof targets, z.output<typeof input>>;

/** Checks out a branch or tag, where images are built. */
export const checkout = defineStep({
  name: 'image.checkout',
  summary: 'Check out a branch or a tag where images are built.',
  targets,
  input,
  before,
  output: z.object({commit: z.string().nullable()}),
  reverses:
    'Checks out what was checked out before, on the branch where it was; or removes the folder that it made, if nobody has put anything of theirs into it.',
  needs: {builder: ['git, with read access to the repository', 'to write the folder']},
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
    // A branch moves on; what this run has checked out of it stays what it builds.
    if (started && commit !== null && was.run === id) {
      return obstacleOf(look, source) ?? done({commit});
    }
    const wanted = await wantedIn(look);
    if ('reason' in wanted) {
      return wanted;
    }
    const obstacle = obstacleOf(look, source);
    if (obstacle) {
      return obstacle;
    }
    // Begun, and without the mark of this run: a later look would take it for somebody else's.
    return commit === wanted.commit && !started
      ? done({commit})
      : pending(was, {
          what: input.into,
          is: commit === null ? 'not there' : shortCommit(commit),
          shouldBe: `${wanted.shown} at ${shortCommit(wanted.commit)}`,
        });
  },

  async plan(look) {
    const wanted = await wantedIn(look);
    return 'reason' in wanted ? [] : [checkingOut(look, wanted)];
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
      : puttingBack(look, source, before, before.commit);
  },
});

/** What a clone has checked out, as a before-image. */
const stateOf = (source: Source): Before =>
  source.kind === 'clone'
    ? {
        commit: source.commit,
        ...(source.branch === null ? {} : {branch: source.branch}),
        ...(source.run === null ? {} : {run: source.run}),
      }
    : {commit: null};

type Wanted = {readonly ref: string; readonly commit: string; readonly shown: string};

async function wantedIn({
  input,
  targets: {builder},
  signal,
}: CheckoutLook): Promise<Wanted | Blocked> {
  const {url, ref} = input;
  const refs = await builder.remoteRefs(url, signal);
  const found = chooseRef(refs, ref);
  if (found.kind === 'one') {
    return found;
  }
  return found.kind === 'several'
    ? blocked(
        `${ref} may have been built from each of ${found.candidates.join(', ')} of ${url}.`,
        'Name the branch itself as the ref.',
      )
    : blocked(
        `${url} has no branch or tag ${ref}, and no branch whose images would be called so; it has ${refs.length} branches and tags.`,
        `Push it first, or correct the name; \`git ls-remote ${url}\` shows what there is.`,
      );
}

function obstacleOf(
  {input, targets: {builder}}: CheckoutLook,
  source: Source,
): Blocked | undefined {
  const folder = builder.folderOf(input.into);
  if (source.kind === 'foreign') {
    return blocked(
      `${folder} on ${builder.name} is there, and is ${source.what}.`,
      'Move it away, or give the builder another folder in the inventory.',
    );
  }
  return source.kind === 'clone' && source.changed.length > 0
    ? blocked(
        `In ${folder} on ${builder.name}, ${source.changed.length} files are changed and not committed: ${source.changed.slice(0, 3).join(', ')}.`,
        'Commit them, or move them away: nothing that was written by hand is overwritten.',
      )
    : undefined;
}

const checkingOut = (
  {input: {url, into}, run}: CheckoutLook,
  {ref, commit, shown}: Wanted,
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
    const {message, hint} = notOnlyOurs(
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

async function puttingBack(
  {input: {into}, targets: {builder}, run, signal}: CheckoutLook,
  source: Source,
  {branch, run: by}: Before,
  commit: string,
): Promise<readonly Action<typeof targets>[] | Blocked> {
  const folder = builder.folderOf(into);
  if (source.kind !== 'clone') {
    return blocked(
      `${folder} on ${builder.name} is gone; this run had found ${shortCommit(commit)} checked out there.`,
      'Find out who moved it, and put it back; or skip this entry.',
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
        writer.checkOutAgain(
          into,
          {commit, branch: branch ?? null, run: by ?? null},
          run.id,
          limited,
        ),
    },
  ];
}
