import {expect, test} from 'vitest';
import {z} from 'zod';
import {unknownFieldsIn} from '../../src/inventory/unknown-fields.ts';
import {hostGroup} from '../../steps/hosts/target.ts';

const host = {name: 'web1', address: '10.0.0.1', user: 'deploy'};

test('a misspelt field is found at its place, with those that are possible there', () => {
  const hosts = [host, {...host, identityfile: '/key'}];
  expect(unknownFieldsIn(hostGroup.config, {hosts})).toEqual([
    {
      path: 'hosts.1.identityfile',
      name: 'identityfile',
      possible: [
        'name',
        'address',
        'port',
        'user',
        'proxyJump',
        'identityFile',
        'knownHostsFile',
        'root',
      ],
    },
  ]);
  expect(unknownFieldsIn(hostGroup.config, {hosts: [host]})).toEqual([]);
});

const config = z.object({
  free: z.record(z.string(), z.number()).optional(),
  loose: z.looseObject({a: z.string()}).optional(),
  either: z
    .union([z.string(), z.object({env: z.string()}), z.object({file: z.string()})])
    .optional(),
  read: z.string().transform(Number).optional(),
  pair: z
    .object({a: z.string()})
    .and(z.object({b: z.string()}))
    .optional(),
});

test.each([
  {name: 'names of the author', value: {free: {x: 1, y: 2}}, paths: []},
  {name: 'an open object', value: {loose: {a: 'a', b: 'b'}}, paths: []},
  {name: 'one of several forms', value: {either: {file: 'x'}}, paths: []},
  {name: 'none of several forms', value: {either: {fiel: 'x'}}, paths: ['either.fiel']},
  {name: 'a value that is transformed', value: {read: '7'}, paths: []},
  {name: 'two shapes at once', value: {pair: {a: 'a', b: 'b'}}, paths: []},
  {name: 'a value that is no object', value: 'config', paths: []},
])('$name: $paths', ({value, paths}) => {
  expect(unknownFieldsIn(config, value).map(({path}) => path)).toEqual(paths);
});
