import {z} from 'zod';
import {defineRunbook} from '../../src/index.ts';
import type {AnyRunbook} from '../../src/model/runbook.ts';
import {burn, fill, fillOrNot, holds, order, shelf} from '../engine/fakes.ts';

export type ShelfName = 'a' | 'b' | 'view';

type Boxes = Readonly<Record<string, string | null>>;

/** A runbook, short enough to be run ten thousand times. */
export interface Night {
  readonly runbook: AnyRunbook;
  /** The boxes that each entry sets: on which shelf, and to what. */
  readonly setBy: Readonly<Record<string, readonly [ShelfName, Boxes]>>;
  /** Between these two nobody can write. */
  readonly outage?: {readonly from: string; readonly until: string};
}

const parts = {params: z.object({}), targets: {a: shelf, b: shelf, view: shelf}};
const two = {on: {shelf: 'a'}, input: () => ({texts: {x: 'new', y: 'new'}})} as const;
const parcel = {on: {shelf: 'b'}, input: () => ({label: 'parcel', text: 'tea'})} as const;
const left = {on: {shelf: 'a'}, input: () => ({texts: {l: '1', m: '2'}})} as const;
const right = {on: {shelf: 'b'}, input: () => ({texts: {r: '3'}})} as const;
const seen = {on: {shelf: 'view'}, input: () => ({label: 'r', text: '3'})} as const;
const letter = {on: {shelf: 'a'}, input: () => ({label: 'letter'})} as const;
const last = {on: {shelf: 'a'}, input: () => ({texts: {z: 'end'}})} as const;

const setByPlain: Night['setBy'] = {
  two: ['a', {x: 'new', y: 'new'}],
  order: ['b', {parcel: 'tea', 'parcel ordered': 'tea'}],
  left: ['a', {l: '1', m: '2'}],
  right: ['b', {r: '3'}],
  burn: ['a', {letter: null}],
  last: ['a', {z: 'end'}],
};

/** One of each kind of entry. */
export const plainNight = {
  runbook: defineRunbook({name: 'night', summary: 'One of each.', ...parts})
    .phase('Prepare')
    .step('two', fill, two)
    .step('order', order, parcel)
    .checkpoint('prepared')
    .phase('Move')
    .confirm('go', {question: 'Go?', after: ['two']})
    .together('Both', (group) => group.step('left', fillOrNot, left).step('right', fill, right))
    .step('seen', holds, seen)
    .checkpoint('moved')
    .phase('Settle')
    .pointOfNoReturn('Ashes are forever.')
    .step('burn', burn, letter)
    .step('last', fill, last),
  setBy: setByPlain,
} satisfies Night;

/** The same, and while it moves nobody can write: a question is asked meanwhile. */
export const outageNight = {
  runbook: defineRunbook({
    ...{name: 'night', summary: 'One of each, and an outage.', ...parts},
    outage: {from: ['freeze'], until: ['open']},
  })
    .phase('Prepare')
    .step('two', fill, two)
    .step('order', order, parcel)
    .checkpoint('prepared')
    .phase('Move')
    .confirm('go', {question: 'Go?', after: ['two']})
    .step('freeze', fill, {
      ...{on: {shelf: 'b'}, input: () => ({texts: {frozen: 'yes'}})},
      neverSkip: 'It stops writes.',
    })
    .together('Both', (group) => group.step('left', fillOrNot, left).step('right', fill, right))
    .step('seen', holds, seen)
    .confirm('switch', {question: 'Open?'})
    .step('open', fill, {
      ...{on: {shelf: 'a'}, input: () => ({texts: {open: 'yes'}})},
      neverSkip: 'It allows writes.',
    })
    .checkpoint('moved')
    .phase('Settle')
    .pointOfNoReturn('Ashes are forever.')
    .step('burn', burn, letter)
    .step('last', fill, last),
  setBy: {...setByPlain, freeze: ['b', {frozen: 'yes'}], open: ['a', {open: 'yes'}]},
  outage: {from: 'freeze', until: 'open'},
} satisfies Night;

export const atStart: Readonly<Record<ShelfName, Readonly<Record<string, string>>>> = {
  a: {x: 'old', letter: 'dear'},
  b: {parcel: 'coffee'},
  view: {},
};

/** The systems as they are. Only processes that ask, time, and strangers change them. */
export class Systems {
  readonly #boxes: Record<ShelfName, Map<string, string>>;
  readonly #night: Night;
  /** Boxes that somebody else has changed. */
  readonly foreign = new Set<string>();

  constructor(night: Night) {
    this.#night = night;
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

  /** Who owns a box. */
  entryOfBox(name: ShelfName, label: string): string | undefined {
    return Object.entries(this.#night.setBy).find(
      ([, [shelf, texts]]) => shelf === name && label in texts,
    )?.[0];
  }

  /** Nobody can write, by nobody else's doing. */
  get areClosed(): boolean {
    const {outage} = this.#night;
    return outage !== undefined && this.isChanged(outage.from) && !this.isMade(outage.until);
  }

  /** All of an entry is as it should be, but for what somebody else changed. */
  isMade(entry: string): boolean {
    return this.#ownBoxes(entry).every(([name, label, text]) => this.read(name, label) === text);
  }

  #ownBoxes(entry: string): readonly (readonly [ShelfName, string, string | null])[] {
    const [name, texts] = this.#night.setBy[entry] ?? (['a', {}] as const);
    return Object.entries(texts)
      .filter(([label]) => !this.foreign.has(`${name} ${label}`))
      .map(([label, text]) => [name, label, text] as const);
  }
}
