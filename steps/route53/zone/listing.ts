import type {ListResourceRecordSetsCommandOutput} from '@aws-sdk/client-route-53';
import {canonicalName, identityOf} from '../records/canonical.ts';
import {fromSdk, type RecordSet} from '../records/record-set.ts';

type Page = ListResourceRecordSetsCommandOutput;

/** Where a page begins: at the first set of this name, or at this very set. */
export interface Start {
  readonly StartRecordName: string;
  readonly StartRecordType?: Page['NextRecordType'];
  readonly StartRecordIdentifier?: string | undefined;
}

/**
 * All sets at these names, with the fewest pages. A listing begins at a name and goes on past it, up to 300 sets in the
 * order of the zone: what follows on the page is read too, and a name that it shows, or leaves out, is not asked for
 * again.
 */
export async function setsAtNames(
  names: Iterable<string>,
  pageAt: (start: Start) => Promise<Page>,
): Promise<readonly RecordSet[]> {
  const sets = new Map<string, RecordSet>();
  const wanted = new Set([...names].map(canonicalName));
  let waiting: readonly string[] = [...wanted].sort(byListing);
  let start: Start | undefined;
  while (waiting[0] !== undefined) {
    const [first] = waiting;
    const page = await pageAt(start ?? {StartRecordName: first});
    const listed = (page.ResourceRecordSets ?? []).map(fromSdk);
    for (const set of listed.filter(({name}) => wanted.has(canonicalName(name)))) {
      sets.set(identityOf(set), set);
    }
    const next = page.IsTruncated ? canonicalName(page.NextRecordName ?? '') : undefined;
    const seen = seenOn(listed, {first, next});
    waiting = waiting.filter((name) => name === next || !seen(name));
    start = next !== undefined && waiting[0] === next ? startAt(page) : undefined;
  }
  // However it was paged: this becomes a before-image, which is compared.
  return [...sets.values()].sort(bySet);
}

/** All sets of a zone, page after page. */
export async function everySet(
  pageAt: (start: Start | undefined) => Promise<Page>,
): Promise<readonly RecordSet[]> {
  const sets: RecordSet[] = [];
  let page: Page | undefined;
  do {
    page = await pageAt(page && startAt(page));
    sets.push(...(page.ResourceRecordSets ?? []).map(fromSdk));
  } while (page.IsTruncated);
  return sets;
}

const startAt = ({NextRecordName = '', NextRecordType, NextRecordIdentifier}: Page): Start => ({
  StartRecordName: NextRecordName,
  ...(NextRecordType && {StartRecordType: NextRecordType}),
  ...(NextRecordIdentifier !== undefined && {StartRecordIdentifier: NextRecordIdentifier}),
});

/**
 * Whether a page tells all about a name. That one is missing is known by the order alone, where the order is beyond
 * doubt.
 */
function seenOn(
  listed: readonly RecordSet[],
  {first, next}: {readonly first: string; readonly next: string | undefined},
): (name: string) => boolean {
  const shown = listed.map(({name}) => canonicalName(name));
  const on = new Set([first, ...shown]);
  const plain = shown.filter(isPlain);
  const inOrder = next !== undefined && isPlain(next) ? [...plain, next] : plain;
  const asDocumented = inOrder.every(
    (name, at) => at === 0 || byListing(inOrder[at - 1] ?? '', name) <= 0,
  );
  // The last plain name before which nothing can be missing: of `next` itself only what is before it is known.
  const last = next === undefined ? undefined : isPlain(next) ? next : plain.at(-1);
  return (name) =>
    on.has(name) ||
    (asDocumented &&
      isPlain(name) &&
      isPlain(first) &&
      byListing(first, name) < 0 &&
      (next === undefined || (last !== undefined && byListing(name, last) < 0)));
}

/** Where Route 53 sorts what it escapes (wildcards, …) is not documented: such names are asked for one by one. */
const isPlain = (name: string): boolean => /^[a-z0-9_.-]+$/.test(name);

/** By labels from the right, in ASCII, the dots between them included (API reference, ListResourceRecordSets). */
function byListing(one: string, other: string): number {
  return byText(reversed(one), reversed(other));
}

const bySet = (one: RecordSet, other: RecordSet): number =>
  byListing(canonicalName(one.name), canonicalName(other.name)) ||
  byText(one.type, other.type) ||
  byText(one.setIdentifier ?? '', other.setIdentifier ?? '');

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const reversed = (name: string): string => `${name.split('.').slice(0, -1).reverse().join('.')}.`;
