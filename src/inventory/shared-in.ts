interface Shareable {
  readonly targets: Readonly<Record<string, {readonly kind: string}>>;
  readonly store?: string | undefined;
}

/**
 * The inventory with its runs shared in a store: a target of it, or a place such as `s3://bucket/prefix`. A store that
 * is named by its place is a target of that name, with the account and the region of the environment.
 */
export function sharedIn<Whole extends Shareable>(
  inventory: Whole,
  store = inventory.store,
): Whole {
  if (store === undefined) {
    return inventory;
  }
  const {targets} = inventory;
  const [, bucket, prefix] = /^s3:\/\/([^/]+)(?:\/(.+?))?\/?$/.exec(store) ?? [];
  const isNew = bucket !== undefined && !(store in targets);
  const target = {kind: 's3-store', bucket, ...(prefix === undefined ? {} : {prefix})};
  return {...inventory, store, ...(isNew ? {targets: {...targets, [store]: target}} : {})};
}

/** Whether a store is named by its place, and not as a target. */
export const isPlace = (store: string): boolean => store.startsWith('s3://');
