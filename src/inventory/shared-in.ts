import {isPlace} from '../model/take-over-words.ts';

interface Shareable {
  readonly targets: Readonly<Record<string, {readonly kind: string}>>;
  readonly store?: string | undefined;
}

/**
 * The inventory with its runs shared in a store: a target of it, or a place such as `s3://bucket/prefix`. A place that
 * no target has is a target of that name, with the account and the region of the environment. `place`: where the store
 * of that name was when the run began, for an inventory that has no such target.
 */
export function sharedIn<Whole extends Shareable>(
  inventory: Whole,
  store = inventory.store,
  place?: string,
): Whole {
  const {targets} = inventory;
  if (store === undefined || store in targets) {
    return store === inventory.store ? inventory : {...inventory, store};
  }
  const at = isPlace(store) ? store : (place ?? store);
  const target = targetAt(at);
  if (target === undefined) {
    return {...inventory, store};
  }
  const named = Object.keys(targets).find((name) => isAlike(targets[name] ?? {}, target));
  return named === undefined
    ? {...inventory, store: at, targets: {...targets, [at]: target}}
    : {...inventory, store: named};
}

interface StoreTarget {
  readonly kind: string;
  readonly bucket: string;
  readonly prefix?: string;
}

/** Of a place that could be one (S3 User Guide, "General purpose bucket naming rules"). */
function targetAt(place: string): StoreTarget | undefined {
  const parts = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.+?))?\/?$/.exec(place);
  const [, bucket, prefix] = parts ?? [];
  return bucket === undefined
    ? undefined
    : {kind: 's3-store', bucket, ...(prefix === undefined ? {} : {prefix})};
}

/** A target of the inventory may say more of the same place, such as its region. */
const isAlike = (target: Partial<StoreTarget>, {kind, bucket, prefix}: StoreTarget): boolean =>
  target.kind === kind && target.bucket === bucket && target.prefix === prefix;
