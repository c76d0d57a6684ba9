import {expect, test} from 'vitest';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {batchOf} from '../../../steps/route53/records/replace.ts';

const plain: RecordSet = {name: 'a.shop.test.', type: 'A', ttlSeconds: 60, values: ['192.0.2.1']};
const aliasTo = (name: string, dnsName: string): RecordSet => ({
  name,
  type: 'A',
  alias: {hostedZoneId: 'ZSHOP', dnsName, evaluateTargetHealth: false},
});
const chain = [
  aliasTo('c.shop.test.', 'B.shop.test'),
  aliasTo('b.shop.test.', 'a.shop.test.'),
  plain,
];
const names = (sets: readonly RecordSet[]) => sets.map(({name}) => name.slice(0, 1)).join(' ');

test('an alias is created after all that it leads to, and deleted before it', () => {
  expect(names(batchOf([], chain).creates)).toBe('a b c');
  expect(names(batchOf(chain, []).deletes)).toBe('c b a');
});

test('aliases that lead to each other end the search, and Route 53 may refuse them', () => {
  const round = [aliasTo('a.shop.test.', 'b.shop.test.'), aliasTo('b.shop.test.', 'a.shop.test.')];
  expect(batchOf([], round).creates).toHaveLength(2);
});
