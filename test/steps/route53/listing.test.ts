import {performance} from 'node:perf_hooks';
import {describe, expect, test} from 'vitest';
import type {RecordSet as LabSet} from '../../../lab/aws/record-set.ts';
import {createRateLimit} from '../../../steps/route53/zone/rate-limit.ts';
import {type LabZone, labZone} from './lab-zone.ts';

const signal = new AbortController().signal;
const at = (name: string, more: Partial<LabSet> = {}): LabSet => ({
  name,
  type: 'A',
  ttl: 60,
  values: ['192.0.2.1'],
  ...more,
});
const hosts = (count: number, digits = 4) =>
  Array.from({length: count}, (_, index) =>
    at(`h${String(index).padStart(digits, '0')}.shop.test`),
  );
const namesOf = (sets: readonly {name: string}[]) => sets.map(({name}) => name);

async function read(lab: LabZone, names: readonly string[]) {
  const sets = await lab.sessions.zone.reader.setsAt(names, signal);
  return {sets, calls: lab.endpoint.calls('route53', 'ListResourceRecordSets')};
}

describe('names are read with the fewest calls', () => {
  test('neighbours come on one page, those that are missing too', async () => {
    await using lab = await labZone(hosts(1_000));
    const names = ['h0010.shop.test', 'h0300.shop.test', 'h0010b.shop.test', 'H0009.shop.test.'];
    const {sets, calls} = await read(lab, names);
    expect(namesOf(sets)).toEqual(['h0009.shop.test.', 'h0010.shop.test.', 'h0300.shop.test.']);
    expect(calls).toBe(1);
  });

  test('far from each other: one call each; all of a zone: as many as it has pages', async () => {
    await using lab = await labZone(hosts(1_000));
    expect((await read(lab, ['h0001.shop.test', 'h0600.shop.test'])).calls).toBe(2);
    const {sets, calls} = await read(lab, namesOf(hosts(1_000)));
    expect(sets).toHaveLength(1_000);
    expect(calls - 2).toBe(4);
  });

  test('a group that a page cuts is read to its end, once, also when a name with an escape comes between', async () => {
    const members = Array.from({length: 100}, (_, index) =>
      at('m.shop.test', {weight: 1, setIdentifier: `m${String(index).padStart(3, '0')}`}),
    );
    await using lab = await labZone([
      ...hosts(250),
      ...members,
      at('*.shop.test'),
      at('z.shop.test'),
    ]);
    const {sets} = await read(lab, [
      'h0000.shop.test',
      'm.shop.test',
      '*.shop.test',
      'none.shop.test',
      'z.shop.test',
    ]);
    expect(sets).toHaveLength(103);
    expect(new Set(sets.map(({name, setIdentifier}) => `${name} ${setIdentifier}`)).size).toBe(103);
  });

  test('the order of what is read is always the same, wherever the pages end', async () => {
    const wanted = ['z.shop.test', 'h0000.shop.test', 'm.shop.test'];
    const sets = [at('m.shop.test', {type: 'TXT', values: ['"x"']}), at('m.shop.test')];
    const around = [at('z.shop.test'), ...hosts(1)];
    await using small = await labZone([...sets, ...around]);
    await using large = await labZone([...sets, ...around, ...hosts(400).slice(1)]);
    const few = await read(small, wanted);
    expect((await read(large, [...wanted].reverse())).sets).toEqual(few.sets);
  });

  test('whatever is in a zone, the names asked for are found, and no other', async () => {
    const labels = ['a', 'a-b', 'a_b', 'b', '0', '*', 'ab', 'a!b', 'z'];
    const all = labels.flatMap((one) => labels.flatMap((two) => [`${one}.${two}`, two]));
    const names = [...new Set(all)].map((name) => `${name}.shop.test`);
    const half = names.filter((_, index) => index % 2 === 0);
    // Between them, so many that they are spread over pages.
    const filling = half.flatMap((name) =>
      Array.from({length: 30}, (_, index) => at(`${index}.fill.${name}`)),
    );
    await using lab = await labZone([...half.map((name) => at(name)), ...filling]);
    const {sets} = await read(lab, names);
    const literal = namesOf(sets).map((name) => name.replace(/\\052/g, '*').replace(/\\041/g, '!'));
    expect(literal.sort()).toEqual(half.map((name) => `${name}.`).sort());
  });
});

describe('the rate limit of an account', () => {
  const turns = async (count: number, perSecond: number) => {
    const turn = createRateLimit();
    return Promise.all(Array.from({length: count}, () => turn(perSecond)));
  };

  test('never more than so many turns begin within a second', async () => {
    const given = await turns(12, 5);
    const spans = given.slice(5).map((later, index) => later - (given[index] ?? 0));
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(1_000);
  });

  test('who is aborted while waiting leaves, and the others keep their turns', async () => {
    const turn = createRateLimit();
    await turn(1);
    const stop = new AbortController();
    const leaving = turn(1, stop.signal);
    const staying = turn(1);
    stop.abort(new Error('stopped'));
    await expect(leaving).rejects.toThrow('stopped');
    expect(await staying).toBeLessThanOrEqual(performance.now());
  });

  test('two targets of one account share it', async () => {
    await using lab = await labZone(hosts(1), {pace: 5, requestsPerSecond: 5});
    const another = await lab.anotherTarget();
    const begun = performance.now();
    const {reader} = lab.sessions.zone;
    await Promise.all(
      [reader, another.reader, reader, another.reader, reader, another.reader].map((one) =>
        one.setsAt(['h0000.shop.test'], signal),
      ),
    );
    // The sixth came after a second; each target for itself would not have waited.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_000);
    await another.close();
  });
});
