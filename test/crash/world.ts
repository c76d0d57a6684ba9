import {z} from 'zod';
import {defineRunbook} from '../../src/index.ts';
import {burn, fill, fillOrNot, holds, order, Shelf, shelf, smellsRight} from '../engine/fakes.ts';

/** A runbook with an entry of every kind, and a step for every way in which one can stand half-way. */
export const everyKind = defineRunbook({
  name: 'every-kind',
  summary: 'One of each.',
  params: z.object({}),
  targets: {a: shelf, b: shelf},
})
  .phase('Prepare')
  .step('open', holds, {on: {shelf: 'a'}, input: () => ({label: 'valve', text: 'open'})})
  .step('found', fill, {on: {shelf: 'a'}, input: () => ({texts: {lamp: 'on'}})})
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
  .step('smell', smellsRight, {on: {shelf: 'a'}, input: () => ({})})
  .step('label', fill, {
    on: {shelf: 'b'},
    input: ({outputs}) => ({texts: {label: `${outputs.two.filled}, ${outputs.left.filled}`}}),
  })
  .checkpoint('moved')
  .phase('Settle')
  .pointOfNoReturn('Ashes are forever.')
  .step('burn', burn, {on: {shelf: 'a'}, input: () => ({label: 'letter'})})
  .step('last', fill, {on: {shelf: 'a'}, input: () => ({texts: {z: 'end'}})});

export function freshShelves(): readonly [Shelf, Shelf] {
  const a = new Shelf('a', {valve: 'open', lamp: 'on', x: 'old', letter: 'dear'});
  return [a, new Shelf('b', {parcel: 'coffee'})];
}

/** The boxes that each entry of it sets, and their target. */
export const boxesOf: Readonly<Record<string, readonly [shelf: 0 | 1, labels: readonly string[]]>> =
  {
    two: [0, ['x', 'y']],
    order: [1, ['parcel', 'parcel ordered']],
    left: [0, ['l', 'm']],
    right: [1, ['r']],
    label: [1, ['label']],
    burn: [0, ['letter']],
    last: [0, ['z']],
  };

export type Picture = readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>];

export const pictureOf = ([a, b]: readonly [Shelf, Shelf]): Picture => [a.picture, b.picture];

export const shelvesOf = ([a, b]: Picture): readonly [Shelf, Shelf] => [
  new Shelf('a', a),
  new Shelf('b', b),
];

/** What was ordered arrives by itself, whoever is alive. */
export function deliver(b: Shelf): void {
  const ordered = b.boxes.get('parcel ordered');
  if (ordered !== undefined) {
    b.boxes.set('parcel', ordered);
  }
}
