import {z} from 'zod';
import {
  type Action,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
} from '../../src/index.ts';
import {ecrRegistry} from '../ecr/target.ts';
import {tagTaken} from './builder/problems.ts';
import {shortCommit} from './git/sources.ts';
import {imageBuilder} from './target.ts';

const targets = {builder: imageBuilder, registry: ecrRegistry};

const input = z.object({
  repository: z.string(),
  tag: z.string().regex(/^\w[\w.-]{0,127}$/),
  /** What the sources are at. Without it the image must be there already. */
  commit: z.string().nullable(),
  /** Where they lie, below the builder's folder. */
  into: z.string(),
  containerfile: z.string().default('Dockerfile'),
  context: z.string().default('.'),
  /** Printed and journaled, as docker keeps them in the image: no secrets. */
  buildArgs: z.record(z.string(), z.string()).default({}),
});

const before = z.object({digest: z.null()});

type PushLook = Look<typeof targets, z.output<typeof input>>;
type PushAction = Action<typeof targets>;

/** Builds an image and pushes it to ECR, unless its tag is there already. */
export const pushImage = defineStep({
  name: 'image.push-image',
  summary: 'Build an image and push it to ECR, unless its tag is there already.',
  targets,
  input,
  before,
  /** `image` is pinned: the repository with the digest. */
  output: z.object({digest: z.string(), image: z.string()}),
  reverses:
    'Takes the tag off the image again. The image itself stays under a tag of its digest: somebody may run it.',
  needs: {
    builder: ['docker with its engine, or buildah', 'to read the folder'],
    registry: [
      'ecr:GetAuthorizationToken',
      'ecr:DescribeRepositories',
      'ecr:DescribeImages',
      'ecr:BatchGetImage',
      'ecr:BatchCheckLayerAvailability',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
      'ecr:PutImage',
      'ecr:BatchDeleteImage',
    ],
  },
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      input: {repository, tag, commit},
      targets: {registry, builder},
      signal,
    } = look;
    const [{uri}, digest] = await Promise.all([
      registry.repository(repository, signal),
      registry.digest(repository, tag, signal),
    ]);
    if (digest !== undefined) {
      const ours = look.run.started ? await pushedDigest(look) : digest;
      if (ours !== undefined && ours !== digest) {
        const {message, hint} = tagTaken(repository, tag);
        return blocked(message, hint);
      }
      return done({digest, image: `${uri}@${digest}`});
    }
    if (commit === null) {
      return blocked(
        `Repository ${repository} has no image ${tag}, and no sources of it were checked out on ${builder.name}.`,
        'Describe under `builds` in the inventory from which sources it is built, or push it.',
      );
    }
    return pending(
      {digest: null},
      {what: `${repository}:${tag}`, is: 'not there', shouldBe: 'there'},
    );
  },

  // It goes up under a tag of this run, and gets its own tag last: nobody ever finds half an image there.
  async plan(look) {
    const pushed = await pushedDigest(look);
    return [...(pushed === undefined ? [building(look), pushing(look)] : []), naming(look)];
  },

  async reverse(look) {
    const {
      input: {repository, tag},
      targets: {registry},
      signal,
    } = look;
    const [digest, ours] = await Promise.all([
      registry.digest(repository, tag, signal),
      pushedDigest(look),
    ]);
    if (digest !== undefined && digest !== ours) {
      return blocked(
        `${repository}:${tag} is another image by now than the one that this run has pushed.`,
        'Somebody has pushed since; that tag is theirs. Skip this entry, or remove the tag by hand.',
      );
    }
    return ours === undefined ? [] : [keeping(look, ours), unnaming(look)];
  },
});

const runTag = ({run, input: {commit}}: PushLook): string =>
  `switcharoo-${run.id}-${(commit ?? '').slice(0, 12)}`;
const keptTag = (digest: string): string => `switcharoo-kept-${digest.slice(7, 19)}`;

const pushedDigest = (look: PushLook): Promise<string | undefined> =>
  look.targets.registry.digest(look.input.repository, runTag(look), look.signal);

const nameOf = ({input: {repository, tag}}: PushLook): string => `${repository}:${tag}`;

/** The name under which the engine knows it, and pushes it. */
async function reference(look: PushLook, signal: AbortSignal): Promise<string> {
  const {uri} = await look.targets.registry.repository(look.input.repository, signal);
  return `${uri}:${runTag(look)}`;
}

const building = (look: PushLook): PushAction => ({
  on: 'builder',
  does: `build ${nameOf(look)} from ${look.input.into} at ${shortCommit(look.input.commit ?? '')}`,
  perform: async (builder, signal, say) => {
    const {into, containerfile, context, commit, buildArgs} = look.input;
    const {registry} = look.targets;
    const login = await registry.login(signal);
    const image = await reference(look, signal);
    const labels = {'org.opencontainers.image.revision': commit ?? ''};
    const source = {image, into, containerfile, context, labels, buildArgs};
    await builder.build(source, login, signal, say);
  },
});

const pushing = (look: PushLook): PushAction => ({
  on: 'builder',
  does: `log in to ${look.targets.registry.name}, and push it under a tag of this run`,
  perform: async (builder, signal, say) => {
    const login = await look.targets.registry.login(signal);
    await builder.push(await reference(look, signal), login, signal, say);
  },
});

const naming = (look: PushLook): PushAction => ({
  on: 'registry',
  does: `tag it ${nameOf(look)}`,
  perform: async (registry, signal) => {
    const {repository, tag} = look.input;
    // A mutable repository would take the tag from somebody else's image without a word.
    const [ours, taken] = await Promise.all([
      registry.digest(repository, runTag(look), signal),
      registry.digest(repository, tag, signal),
    ]);
    if (taken !== undefined && taken !== ours) {
      throw new SwitcharooError(tagTaken(repository, tag));
    }
    signal.throwIfAborted();
    await registry.addTag(repository, runTag(look), tag, signal);
  },
});

/** By a tag of its digest: without any tag ECR deletes it, and a service may run it by its digest. */
const keeping = (look: PushLook, digest: string): PushAction => ({
  on: 'registry',
  does: `keep the image of ${nameOf(look)} as ${keptTag(digest)}`,
  perform: async (registry, signal) => {
    signal.throwIfAborted();
    const from = runTag(look);
    if ((await registry.digest(look.input.repository, from, signal)) !== undefined) {
      await registry.addTag(look.input.repository, from, keptTag(digest), signal);
    }
  },
});

const unnaming = (look: PushLook): PushAction => ({
  on: 'registry',
  does: `take ${look.input.tag} and the tag of this run off it`,
  perform: async (registry, signal) => {
    signal.throwIfAborted();
    const {repository, tag} = look.input;
    await registry.removeTags(repository, [tag, runTag(look)], signal);
  },
});
