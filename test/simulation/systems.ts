import {z} from 'zod';
import {defineRunbook} from '../../src/index.ts';
import {burn, fill, fillOrNot, holds, order, shelf} from '../engine/fakes.ts';

export type ShelfName = 'a' | 'b' | 'view';

/** One of each kind of entry, short enough to be run ten thousand times. */
export const night = defineRunbook({
  name: 'night',
  summary: 'One of each.',
  params: z.object({}),
  targets: {a: shelf, b: shelf, view: shelf},
})
  .phase('Prepare')
  .step('two', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new', y: 'new'}})})
  .step('order', order, {on: {shelf: 'b'}, input: () => ({label: 'parcel', text: 'tea'})})
  .checkpoint('prepared')
  .phase('Move')
  .confirm('go', {question: 'Go?', after: ['two']})
  .together('Both', (group) =>
    group
      .step('left', fillOrNot, {on: {shelf: 'a'}, input: () => ({texts: {l: '1', m: '2'}})})
      .step('right', fill, {on: {shelf: 'b'}, input: () => ({texts: {r: '3'}})}),
  )
  .step('seen', holds, {on: {shelf: 'view'}, input: () => ({label: 'r', text: '3'})})
  .checkpoint('moved')
  .phase('Settle')
  .pointOfNoReturn('Ashes are forever.')
  .step('burn', burn, {on: {shelf: 'a'}, input: () => ({label: 'letter'})})
  .step('last', fill, {on: {shelf: 'a'}, input: () => ({texts: {z: 'end'}})});

/** The boxes that each entry sets: on which shelf, and to what. */
export const setBy: Readonly<
  Record<string, readonly [ShelfName, Readonly<Record<string, string | null>>]>
> = {
  two: ['a', {x: 'new', y: 'new'}],
  order: ['b', {parcel: 'tea', 'parcel ordered': 'tea'}],
  left: ['a', {l: '1', m: '2'}],
  right: ['b', {r: '3'}],
  burn: ['a', {letter: null}],
  last: ['a', {z: 'end'}],
};

export const atStart: Readonly<Record<ShelfName, Readonly<Record<string, string>>>> = {
  a: {x: 'old', letter: 'dear'},
  b: {parcel: 'coffee'},
  view: {},
};

/** Who owns a box. */
export const entryOfBox = (name: ShelfName, label: string): string | undefined =>
  Object.keys(setBy).find(
    (entry) => setBy[entry]?.[0] === name && label in (setBy[entry]?.[1] ?? {}),
  );

/** The systems as they are. Only processes that ask, time, and strangers change them. */
export class Systems {
  readonly #boxes: Record<ShelfName, Map<string, string>>;
  /** Boxes that somebody else has changed. */
  readonly foreign = new Set<string>();

  constructor() {
    this.#boxes = {
      a: new Map(Object.entries(atStart.a)),
      b: new Map(Object.entries(atStart.b)),
      view: new Map(),
    };
  }

  read(name: ShelfName, label: string): string | null {
    return this.#boxes[name].get(label) ?? null;
  }

  put(name: ShelfName, label: string, text: string | null): void {
    if (text === null) {
      this.#boxes[name].delete(label);
    } else {
      this.#boxes[name].set(label, text);
    }
  }

  /** Something of an entry is not as it was at the very start, by nobody else's doing. */
  isChanged(entry: string): boolean {
    return this.#ownBoxes(entry).some(
      ([name, label]) => this.read(name, label) !== (atStart[name][label] ?? null),
    );
  }

  /** All of an entry is as it should be, but for what somebody else changed. */
  isMade(entry: string): boolean {
    return this.#ownBoxes(entry).every(([name, label, text]) => this.read(name, label) === text);
  }

  #ownBoxes(entry: string): readonly (readonly [ShelfName, string, string | null])[] {
    const [name, texts] = setBy[entry] ?? (['a', {}] as const);
    return Object.entries(texts)
      .filter(([label]) => !this.foreign.has(`${name} ${label}`))
      .map(([label, text]) => [name, label, text] as const);
  }
}
