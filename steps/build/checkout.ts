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
import {imageBuilder} from './builder.ts';
import {gitUrl} from './git-url.ts';
import {chooseRef} from './refs.ts';
import {type Source, shortCommit} from './sources.ts';

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

const before = z.object({commit: z.string().nullable()});

type CheckoutLook = Look<typeof targets, z.output<typeof input>>;

/** Checks out a branch or tag, where images are built. */
export const checkout = defineStep({
  name: 'build.checkout',
  summary: 'Check out a branch or a tag where images are built.',
  targets,
  input,
  before,
  output: z.object({commit: z.string().nullable()}),
  reverses: 'Checks out what was checked out before, or removes the folder where there was none.',
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
    const [source, wanted] = await Promise.all([
      builder.source(input.into, signal),
      wantedIn(look),
    ]);
    if ('reason' in wanted) {
      return wanted;
    }
    const obstacle = obstacleOf(look, source);
    if (obstacle) {
      return obstacle;
    }
    const commit = source.kind === 'clone' ? source.commit : null;
    // A branch moves on; what this run has checked out of it stays what it builds.
    const isOurs = source.kind === 'clone' && look.run.begun && source.run === look.run.id;
    return commit === wanted.commit || (commit !== null && isOurs)
      ? done({commit})
      : pending(
          {commit},
          {
            what: input.into,
            is: commit === null ? 'not there' : shortCommit(commit),
            shouldBe: `${wanted.shown} at ${shortCommit(wanted.commit)}`,
          },
        );
  },

  async plan(look) {
    const wanted = await wantedIn(look);
    return 'reason' in wanted ? [] : [checkingOut(look, wanted)];
  },

  async reverse(look, before) {
    const {
      input,
      targets: {builder},
      signal,
    } = look;
    const source = await builder.source(input.into, signal);
    const obstacle = obstacleOf(look, source);
    const commit = source.kind === 'clone' ? source.commit : null;
    return obstacle ?? (commit === before.commit ? [] : [puttingBack(look, before.commit)]);
  },
});

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
      `${folder} on ${builder.name} is there, and is no checkout of git.`,
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

const puttingBack = (
  {input: {into}}: CheckoutLook,
  commit: string | null,
): Action<typeof targets> =>
  commit === null
    ? {
        on: 'builder',
        does: `remove the checkout ${into}`,
        perform: (builder, signal) => builder.removeSource(into, signal),
      }
    : {
        on: 'builder',
        does: `check out ${shortCommit(commit)} in ${into} again`,
        perform: (builder, signal) => builder.checkOutAgain(into, commit, signal),
      };
