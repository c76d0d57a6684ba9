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
import {ecrRegistry} from '../ecr/index.ts';
import {tagTaken} from './builder/problems.ts';
import {shortCommit} from './git/sources.ts';
import {imageBuilder} from './target.ts';

const targets = {builder: imageBuilder, registry: ecrRegistry};

const input = z.object({
  repository: z.string(),
  tag: z.string().regex(/^\w[\w.-]{0,127}$/),
  /** The commit of the sources. Without it the image must exist already. */
  commit: z.string().nullable(),
  /** The folder of the sources, in the builder's folder. */
  into: z.string(),
  containerfile: z.string().default('Dockerfile'),
  context: z.string().default('.'),
  /** Printed, journaled, and kept in the image: put no secrets in them. */
  buildArgs: z.record(z.string(), z.string()).default({}),
});

const before = z.object({digest: z.null()});

type PushLook = Look<typeof targets, z.output<typeof input>>;
type PushAction = Action<typeof targets>;

/** Builds an image and pushes it to ECR, unless its tag exists already. */
export const pushImage = defineStep({
  name: 'image.push-image',
  summary: 'Build an image and push it to ECR, unless its tag exists already.',
  targets,
  input,
  before,
  /** `image` is pinned: `repository@digest`. */
  output: z.object({digest: z.string(), image: z.string()}),
  reverses:
    'Removes the tag from the image. The image itself stays, tagged with its digest: somebody may run it.',
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
  effects: [],
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
      const pushed = look.run.started ? await pushedDigest(look) : digest;
      if (pushed !== undefined && pushed !== digest) {
        const {message, hint} = tagTaken(repository, tag);
        return blocked(message, hint);
      }
      return done({digest, image: `${uri}@${digest}`});
    }
    if (commit === null) {
      return blocked(
        `Repository ${repository} has no image ${tag}, and its sources were not checked out on ${builder.name}.`,
        'Add the sources of the repository to `builds` in the inventory, or push the image.',
      );
    }
    return pending(
      {digest: null},
      {what: `${repository}:${tag}`, is: 'missing', shouldBe: 'pushed'},
    );
  },

  // It is pushed under a tag of this run, and gets its own tag last: its own tag never leads to half an image.
  async plan(look) {
    const pushed = await pushedDigest(look);
    return [...(pushed === undefined ? [building(look), pushing(look)] : []), tagging(look)];
  },

  async reverse(look) {
    const {
      input: {repository, tag},
      targets: {registry},
      signal,
    } = look;
    const [digest, pushed] = await Promise.all([
      registry.digest(repository, tag, signal),
      pushedDigest(look),
    ]);
    if (digest !== undefined && digest !== pushed) {
      return blocked(
        `${repository}:${tag} is now another image than the one that this run has pushed.`,
        'Somebody else has pushed it since. Skip this entry, or remove the tag by hand.',
      );
    }
    return pushed === undefined ? [] : [keeping(look, pushed), untagging(look)];
  },
});

const runTag = ({run, input: {commit}}: PushLook): string =>
  `switcharoo-${run.id}-${(commit ?? '').slice(0, 12)}`;
const keptTag = (digest: string): string => `switcharoo-kept-${digest.slice(7, 19)}`;

const pushedDigest = (look: PushLook): Promise<string | undefined> =>
  look.targets.registry.digest(look.input.repository, runTag(look), look.signal);

const imageName = ({input: {repository, tag}}: PushLook): string => `${repository}:${tag}`;

/** The name under which the engine builds and pushes it. */
async function reference(look: PushLook, signal: AbortSignal): Promise<string> {
  const {uri} = await look.targets.registry.repository(look.input.repository, signal);
  return `${uri}:${runTag(look)}`;
}

const building = (look: PushLook): PushAction => ({
  on: 'builder',
  does: `build ${imageName(look)} from ${look.input.into} at ${shortCommit(look.input.commit ?? '')}`,
  perform: async (builder, signal, report) => {
    const {into, containerfile, context, commit, buildArgs} = look.input;
    const {registry} = look.targets;
    const login = await registry.login(signal);
    const image = await reference(look, signal);
    const labels = {'org.opencontainers.image.revision': commit ?? ''};
    const source = {image, into, containerfile, context, labels, buildArgs};
    await builder.build(source, login, signal, report);
  },
});

const pushing = (look: PushLook): PushAction => ({
  on: 'builder',
  does: `log in to ${look.targets.registry.name}, and push the image under a tag of this run`,
  perform: async (builder, signal, report) => {
    const login = await look.targets.registry.login(signal);
    await builder.push(await reference(look, signal), login, signal, report);
  },
});

const tagging = (look: PushLook): PushAction => ({
  on: 'registry',
  does: `tag the image ${imageName(look)}`,
  perform: async (registry, signal) => {
    const {repository, tag} = look.input;
    // A mutable repository would move the tag from somebody else's image without an error.
    const [pushed, tagged] = await Promise.all([
      registry.digest(repository, runTag(look), signal),
      registry.digest(repository, tag, signal),
    ]);
    if (tagged !== undefined && tagged !== pushed) {
      throw new SwitcharooError(tagTaken(repository, tag));
    }
    signal.throwIfAborted();
    await registry.addTag(repository, runTag(look), tag, signal);
  },
});

/** Tags the image with its digest: a service may run it by the digest, and ECR deletes an image without a tag. */
const keeping = (look: PushLook, digest: string): PushAction => ({
  on: 'registry',
  does: `keep the image of ${imageName(look)} as ${keptTag(digest)}`,
  perform: async (registry, signal) => {
    signal.throwIfAborted();
    const from = runTag(look);
    if ((await registry.digest(look.input.repository, from, signal)) !== undefined) {
      await registry.addTag(look.input.repository, from, keptTag(digest), signal);
    }
  },
});

const untagging = (look: PushLook): PushAction => ({
  on: 'registry',
  does: `remove the tags ${look.input.tag} and that of this run from the image`,
  perform: async (registry, signal) => {
    signal.throwIfAborted();
    const {repository, tag} = look.input;
    await registry.removeTags(repository, [tag, runTag(look)], signal);
  },
});
