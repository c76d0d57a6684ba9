import {spawnSync} from 'node:child_process';
import {afterEach, expect, test, vi} from 'vitest';
import {withholdSecrets} from '../../src/inventory/environment.ts';

afterEach(() => vi.unstubAllEnvs());

test('a secret of the inventory is not handed on to the processes that are started, but what AWS clients look for is', () => {
  vi.stubEnv('SHOP_PASSWORD', 'open sesame');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the lab');
  vi.stubEnv('SHOP_REGION', 'here');
  const targets = {
    source: {kind: 'mysql', password: {env: 'SHOP_PASSWORD'}, region: 'SHOP_REGION'},
    zone: {kind: 'zone', credentials: [{env: 'AWS_SECRET_ACCESS_KEY'}]},
  };

  expect(withholdSecrets({targets, notify: []}, process.env)).toMatchObject({
    SHOP_PASSWORD: 'open sesame',
  });

  const child = spawnSync('env', {encoding: 'utf8'}).stdout;
  expect(child).not.toContain('open sesame');
  expect(child).toContain('AWS_SECRET_ACCESS_KEY=of the lab');
  expect(child).toContain('SHOP_REGION=here');
});

test('a process that opens a second inventory, as a runner of a fleet does, still has their secrets', () => {
  vi.stubEnv('SHOP_PASSWORD', 'open sesame');
  const shop = {targets: {source: {kind: 'mysql', password: {env: 'SHOP_PASSWORD'}}}, notify: []};
  withholdSecrets(shop, process.env);
  expect(process.env['SHOP_PASSWORD']).toBeUndefined();
  expect(withholdSecrets(shop, process.env)['SHOP_PASSWORD']).toBe('open sesame');
});
