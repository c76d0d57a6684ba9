import type {Inventory} from '../inventory/inventory.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {TargetKind} from '../model/target.ts';
import {kindsOf} from './inventory-targets.ts';

/**
 * The kind of the store of an inventory, which is not opened; `undefined` where it names none.
 *
 * @throws SwitcharooError `store-not-named` or `store-wrong-kind`
 */
export async function storeKindOf(inventory: Inventory): Promise<TargetKind | undefined> {
  const {store: name, targets} = inventory;
  const kind = name === undefined ? undefined : (await kindsOf(inventory))[name];
  if (name !== undefined && !kind) {
    const target = targets[name];
    throw new SwitcharooError(
      target ? notAStore(name, target, inventory) : storeMissing(name, inventory),
    );
  }
  return kind;
}

const storeMissing = (name: string, {file, targets}: Inventory): Problem => ({
  code: 'store-not-named',
  message: `${name} is neither a target of ${file} nor a place such as s3://bucket/prefix.`,
  hint: `${didYouMean(namesNear(name, Object.keys(targets)))}Name a target of the kind s3-store, or the place.`,
});

export const notAStore = (
  name: string,
  {kind}: Pick<TargetKind, 'kind'>,
  {file}: Inventory,
): Problem => ({
  code: 'store-wrong-kind',
  message: `The store ${name} in ${file} is a target of the kind ${kind}, which keeps no shared journal.`,
  hint: 'Name a target of the kind s3-store.',
});
