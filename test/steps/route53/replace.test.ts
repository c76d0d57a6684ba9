import {describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {batchOf, replaceSets} from '../../../steps/route53/records/replace.ts';
import {asLab, type LabZone, labZone} from './lab-zone.ts';

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

describe('where reads are older than the change', () => {
  const next: RecordSet = {...plain, values: ['192.0.2.2']};
  const replaced = async (lab: LabZone) =>
    replaceSets(
      lab.sessions.zone.writer,
      {scope: [{name: plain.name, type: plain.type}], from: [plain], to: [next]},
      new AbortController().signal,
      () => {},
    );

  test('they are repeated until one shows it', async () => {
    await using lab = await labZone([asLab(plain)]);
    lab.route53.staleReads(2);
    expect(await replaced(lab)).toMatchObject({changeId: expect.any(String)});
    expect(lab.route53.listed('ZSHOP')).toContainEqual(asLab(next));
  });

  test('a change whose answer was lost is not taken for one that Route 53 refuses', async () => {
    await using lab = await labZone([asLab(plain)]);
    lab.route53.staleReads(2);
    lab.endpoint.faults.add({
      ...{service: 'route53', operation: 'ChangeResourceRecordSets', kind: 'cut-after'},
    });
    expect(await replaced(lab)).toEqual({});
    expect(lab.route53.listed('ZSHOP')).toContainEqual(asLab(next));
  });
});
