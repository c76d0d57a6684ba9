import {describe, expect, test} from 'vitest';
import {canonicalName, sameSet} from '../../../steps/route53/records/canonical.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';

const set = (type: string, ...values: string[]): RecordSet => ({
  name: 'x.shop.test.',
  type,
  ttlSeconds: 60,
  values,
});
const alias = (dnsName: string, evaluateTargetHealth = false): RecordSet => ({
  name: 'x.shop.test.',
  type: 'A',
  alias: {hostedZoneId: 'ZELB', dnsName, evaluateTargetHealth},
});

test.each([
  {given: 'WWW.Shop.test', is: 'www.shop.test.'},
  {given: '\\052.shop.test.', is: '*.shop.test.'},
  {given: 'a\\056b.shop.test.', is: 'a\\056b.shop.test.'},
  {given: '\\344.shop.test', is: 'ä.shop.test.'},
])('the name $given is $is', ({given, is}) => {
  expect(canonicalName(given)).toBe(is);
});

describe('the same to Route 53', () => {
  test.each([
    {
      name: 'values in another order',
      one: set('A', '192.0.2.1', '192.0.2.2'),
      other: set('A', '192.0.2.2', '192.0.2.1'),
    },
    {name: 'a trailing dot', one: set('CNAME', 'a.test'), other: set('CNAME', 'A.test.')},
    {
      name: 'the host of a mail exchanger',
      one: set('MX', '10 mx.test'),
      other: set('MX', '10  MX.test.'),
    },
    {
      name: 'an address in short',
      one: set('AAAA', '2001:DB8:0:0::1'),
      other: set('AAAA', '2001:db8::1'),
    },
    {name: 'glued text', one: set('TXT', '"a""b"'), other: set('TXT', '"a" "b"')},
    {name: 'escapes in text', one: set('TXT', '"\\141 \\"b\\""'), other: set('TXT', '"a \\"b\\""')},
    {name: 'the target of an alias', one: alias('LB.aws.test'), other: alias('lb.aws.test.')},
    {
      name: 'an escaped wildcard',
      one: {...set('A', '192.0.2.1'), name: '*.shop.test'},
      other: {...set('A', '192.0.2.1'), name: '\\052.shop.test.'},
    },
  ])('$name', ({one, other}) => {
    expect(sameSet(one, other)).toBe(true);
  });
});

describe('not the same', () => {
  test.each([
    {name: 'a value twice', one: set('TXT', '"a"', '"a"'), other: set('TXT', '"a"')},
    {name: 'text in other pieces', one: set('TXT', '"ab"'), other: set('TXT', '"a" "b"')},
    {name: 'text in other letters', one: set('TXT', '"A"'), other: set('TXT', '"a"')},
    {
      name: 'another TTL',
      one: set('A', '192.0.2.1'),
      other: {...set('A', '192.0.2.1'), ttlSeconds: 61},
    },
    {
      name: 'another weight',
      one: {...set('A', '192.0.2.1'), weight: 1},
      other: {...set('A', '192.0.2.1'), weight: 2},
    },
    {
      name: 'an alias that looks at health',
      one: alias('lb.aws.test'),
      other: alias('lb.aws.test', true),
    },
    {
      name: 'another region',
      one: {...set('A', '192.0.2.1'), routing: {Region: 'a'}},
      other: {...set('A', '192.0.2.1'), routing: {Region: 'b'}},
    },
    {name: 'an address and an alias', one: set('A', '192.0.2.1'), other: alias('lb.aws.test')},
  ])('$name', ({one, other}) => {
    expect(sameSet(one, other)).toBe(false);
  });
});
