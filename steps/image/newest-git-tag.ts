import {z} from 'zod';
import {defineGate, done} from '../../src/index.ts';
import {gitUrl} from './git/git-url.ts';
import {newestNumber, numbered} from './git/refs.ts';
import {imageBuilder} from './target.ts';

/** The newest tag of a branch in git, by the convention `<branch>.<number>`. */
export const newestGitTag = defineGate({
  name: 'image.newest-git-tag',
  summary: 'Check which git tag of a branch is the newest, such as master.5.',
  targets: {builder: imageBuilder},
  input: z.object({url: gitUrl, branch: z.string()}),
  output: numbered,
  needs: {builder: ['git, with read access to the repository']},
  timeoutMs: 60_000,

  async check({input: {url, branch}, targets: {builder}, signal}) {
    const refs = await builder.remoteRefs(url, signal);
    const tags = refs.flatMap(({ref}) =>
      ref.startsWith('refs/tags/') ? [ref.slice('refs/tags/'.length)] : [],
    );
    return done(newestNumber(tags, branch));
  },
});
