import {z} from 'zod';
import type {RemoteRef} from './sources.ts';

type Chosen =
  | {readonly kind: 'one'; readonly ref: string; readonly commit: string; readonly shown: string}
  | {readonly kind: 'none' | 'several'; readonly candidates: readonly string[]};

/**
 * The tag or branch of this name; else the branch of an image tag: `feature-x.3` was built from `feature/x`.
 * A tag comes first: it is exactly what was released under this name.
 */
export function chooseRef(refs: readonly RemoteRef[], name: string): Chosen {
  const named =
    refs.find(({ref}) => ref === `refs/tags/${name}`) ??
    refs.find(({ref}) => ref === `refs/heads/${name}`);
  if (named) {
    return chosen(named);
  }
  const branch = /^(.+)\.\d+$/.exec(name)?.[1];
  const branches = refs.filter(
    ({ref}) =>
      ref.startsWith('refs/heads/') && asTagPart(ref.slice('refs/heads/'.length)) === branch,
  );
  const [first, second] = branches;
  return first && !second
    ? chosen(first)
    : {kind: second ? 'several' : 'none', candidates: branches.map(({ref}) => shownRef(ref))};
}

const chosen = ({ref, commit}: RemoteRef): Chosen => ({
  kind: 'one',
  ref,
  commit,
  shown: shownRef(ref),
});

/** `branch master`, `tag v1`. */
const shownRef = (ref: string): string =>
  ref.replace(/^refs\/heads\//, 'branch ').replace(/^refs\/tags\//, 'tag ');

/** The prefix of a branch's image tags, which may have no slash: `feature-x` for `feature/x`. */
export const asTagPart = (branch: string): string =>
  branch
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100);

/** The highest number of the tags with a prefix; 0 where there is none yet. */
export const numbered = z.object({prefix: z.string(), number: z.number().int()});

export function newestNumber(tags: readonly string[], branch: string): z.output<typeof numbered> {
  const prefix = asTagPart(branch);
  const numbers = tags.flatMap((tag) => {
    const rest = tag.startsWith(`${prefix}.`) ? tag.slice(prefix.length + 1) : '';
    return /^\d{1,9}$/.test(rest) ? [Number(rest)] : [];
  });
  return {prefix, number: Math.max(0, ...numbers)};
}
