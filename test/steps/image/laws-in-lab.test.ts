import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {describe} from 'vitest';
import {checkout} from '../../../steps/image/checkout.ts';
import {fetchFiles} from '../../../steps/image/fetch-files.ts';
import {pushImage} from '../../../steps/image/push-image.ts';
import {type BuildWorld, filesBelow, gitStateOf, startBuildWorld} from './image-world.ts';

/** Where sources of earlier looks lie, so that the input of a case can be written down beforehand. */
let url = '';

const folderOf = ({folder}: BuildWorld) => join(folder, 'builds');

function images({store}: BuildWorld) {
  const all = [...store.repositories.values()].flatMap(({name, manifests}) =>
    [...manifests.values()].map(({digest, tags}) => ({name, digest, tags: [...tags].sort()})),
  );
  return all;
}

async function world(
  prepare: (built: BuildWorld) => void | Promise<void> = () => {},
  {git = false} = {},
) {
  const built = await startBuildWorld({git});
  mkdirSync(folderOf(built), {recursive: true});
  await prepare(built);
  url = built.url;
  return {
    sessions: built.sessions,
    picture: async () => ({
      files: filesBelow(folderOf(built)),
      images: images(built),
      git: gitStateOf(join(folderOf(built), 'web')),
    }),
    close: built.close,
  };
}

/** The repository of each world has an address of its own: it is put in when the world is there. */
const anywhere = (step: typeof checkout): typeof checkout => ({
  ...step,
  check: (look) => step.check({...look, input: {...look.input, url}}),
  plan: (look, before) => step.plan({...look, input: {...look.input, url}}, before),
  reverse: (look, before) => step.reverse({...look, input: {...look.input, url}}, before),
});

describe('where nothing was checked out before', () => {
  lawsOfStep({
    step: anywhere(checkout),
    input: {url: 'file:///nowhere', ref: 'master.7', into: 'web'},
    world: () => world(() => {}, {git: true}),
    blockedWorld: () =>
      world(
        (built) => {
          mkdirSync(join(folderOf(built), 'web'));
          writeFileSync(join(folderOf(built), 'web', 'mine'), 'by hand\n');
        },
        {git: true},
      ),
  });
});

describe('where an earlier commit is checked out', () => {
  lawsOfStep({
    step: anywhere(checkout),
    input: {url: 'file:///nowhere', ref: 'master', into: 'web'},
    world: () =>
      world(
        async (built) => {
          const signal = new AbortController().signal;
          const ref = 'refs/heads/master';
          const commit = built.git('rev-parse', 'HEAD');
          const first = {url: built.url, ref, commit, into: 'web', run: 'r-earlier'};
          await built.sessions.builder.writer.checkOut(first, signal);
          built.commit('master', 'app/main', 'second\n');
        },
        {git: true},
      ),
  });
});

describe('where somebody has a clone of their own, on a branch of their own', () => {
  lawsOfStep({
    step: anywhere(checkout),
    input: {url: 'file:///nowhere', ref: 'master', into: 'web'},
    world: () =>
      world(
        async (built) => {
          built.commit('master', 'app/main', 'second\n');
          const own = join(folderOf(built), 'web');
          built.git('clone', '--quiet', built.url, own);
          built.git('-C', own, 'checkout', '--quiet', '-b', 'mine');
          writeFileSync(join(own, 'app/main'), 'mine\n');
          built.git('-C', own, 'commit', '--quiet', '--all', '--message', 'Mine');
          writeFileSync(join(own, 'notes'), 'by hand\n');
          built.commit('master', 'app/main', 'third\n');
        },
        {git: true},
      ),
    blockedWorld: () =>
      world(
        async (built) => {
          const own = join(folderOf(built), 'web');
          built.git('clone', '--quiet', built.url, own);
          writeFileSync(join(own, 'app/main'), 'by hand\n');
          built.commit('master', 'app/main', 'third\n');
        },
        {git: true},
      ),
  });
});

lawsOfStep({
  step: fetchFiles,
  input: {prefix: 'web/', into: 'web/config'},
  world: () =>
    world((built) => {
      mkdirSync(join(folderOf(built), 'web/config/tls'), {recursive: true});
      writeFileSync(join(folderOf(built), 'web/config/tls/key.pem'), 'OLD KEY', {mode: 0o640});
    }),
  blockedWorld: () => world(({s3}) => s3.put('config', 'web/../../etc/passwd', 'root')),
});

lawsOfStep({
  step: pushImage,
  input: {repository: 'web', tag: 'master.7', commit: 'a'.repeat(40), into: 'web'},
  world: () =>
    world((built) => {
      const sources = join(folderOf(built), 'web');
      mkdirSync(join(sources, 'app'), {recursive: true});
      writeFileSync(join(sources, 'app/main'), 'first\n');
      writeFileSync(join(sources, 'Dockerfile'), 'FROM scratch\nCOPY app /srv/\n');
    }),
  // The image stays, under a tag of its digest: somebody may run it.
  comparable: (picture) => {
    const {files, images} = picture as {files: unknown; images: readonly {tags: string[]}[]};
    const tagged = images.flatMap(({tags}) => tags.filter((tag) => !tag.startsWith('switcharoo-')));
    return {files, tagged};
  },
});
