import {z} from 'zod';
import type {RemoteRef} from './sources.ts';

export type Chosen =
  | {readonly kind: 'one'; readonly ref: string; readonly commit: string; readonly shown: string}
  | {readonly kind: 'none' | 'several'; readonly candidates: readonly string[]};

/**
 * The tag or branch of that name; else the branch whose images are called so: `feature-x.3` was built from `feature/x`.
 * A tag comes first: it says exactly what was released under that name.
 */
export function chooseRef(refs: readonly RemoteRef[], wanted: string): Chosen {
  const named =
    refs.find(({ref}) => ref === `refs/tags/${wanted}`) ??
    refs.find(({ref}) => ref === `refs/heads/${wanted}`);
  if (named) {
    return chosen(named);
  }
  const branch = /^(.+)\.\d+$/.exec(wanted)?.[1];
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

/** A branch's name as the beginning of image tags, which know no slash: `feature/x` is `feature-x`. */
export const asTagPart = (branch: string): string =>
  branch
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100);

/** The highest number under a prefix; 0 where there is none yet. */
export const numbered = z.object({prefix: z.string(), number: z.number().int()});

export function newestNumber(tags: readonly string[], branch: string): z.output<typeof numbered> {
  const prefix = asTagPart(branch);
  const numbers = tags.flatMap((tag) => {
    const rest = tag.startsWith(`${prefix}.`) ? tag.slice(prefix.length + 1) : '';
    return /^\d{1,9}$/.test(rest) ? [Number(rest)] : [];
  });
  return {prefix, number: Math.max(0, ...numbers)};
}
