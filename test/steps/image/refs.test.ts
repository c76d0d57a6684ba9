import {describe, expect, test} from 'vitest';
import {asTagPart, chooseRef, newestNumber} from '../../../steps/image/git/refs.ts';

const refs = [
  'refs/heads/master',
  'refs/heads/feature/cart',
  'refs/heads/feature-x',
  'refs/heads/feature/x',
  'refs/heads/v1',
  'refs/tags/v1',
  'refs/tags/master.3',
].map((ref) => ({ref, commit: `commit of ${ref}`}));

describe('what an image is built from', () => {
  test.each([
    {wanted: 'master.3', shown: 'tag master.3'},
    {wanted: 'master.4', shown: 'branch master'},
    {wanted: 'master', shown: 'branch master'},
    {wanted: 'feature/cart', shown: 'branch feature/cart'},
    {wanted: 'feature-cart.12', shown: 'branch feature/cart'},
    {wanted: 'v1', shown: 'tag v1'},
  ])('$wanted is $shown', ({wanted, shown}) => {
    expect(chooseRef(refs, wanted)).toMatchObject({kind: 'one', shown});
  });

  test('two branches whose images would be called alike are told, and none is chosen', () => {
    expect(chooseRef(refs, 'feature-x.1')).toEqual({
      kind: 'several',
      candidates: ['branch feature-x', 'branch feature/x'],
    });
  });

  test('what is not there is not guessed', () => {
    expect(chooseRef(refs, 'mast.1')).toEqual({kind: 'none', candidates: []});
    expect(chooseRef(refs, 'master.x')).toEqual({kind: 'none', candidates: []});
  });
});

test.each([
  ['feature/cart', 'feature-cart'],
  ['Fix #12: Ümlaut', 'Fix-12-mlaut'],
  ['.hidden', 'hidden'],
  ['release_1.2', 'release_1.2'],
])('the branch %s begins tags with %s', (branch, part) => {
  expect(asTagPart(branch)).toBe(part);
});

test('the newest number of a branch counts as a number, and knows no other branch', () => {
  const tags = ['master.9', 'master.10', 'master.11-rc', 'master', 'master2.50', 'x-master.99'];
  expect(newestNumber(tags, 'master')).toEqual({prefix: 'master', number: 10});
  expect(newestNumber(tags, 'feature/new')).toEqual({prefix: 'feature-new', number: 0});
});
