import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {paramsFor} from '../../src/inventory/targets.ts';
import type {TargetKind} from '../../src/model/target.ts';

const variables = {
  HOME: '/home/operator',
  SEED_FILE: 'mysql-bin.000042',
  SEED_POSITION: '4',
  IMAGE_TAG: '2026.3',
};

const runbooks = ['bare-metal-to-ecs', 'warm-cutover', 'seamless-cutover'];

describe.each([
  {name: 'staging', environment: 'staging', isProtected: false, runbooks},
  {name: 'production', environment: 'production', isProtected: true, runbooks},
  {
    name: 'move-name-servers',
    environment: 'move-example-com',
    isProtected: true,
    runbooks: ['move-name-servers'],
  },
])('the example inventory of $name', ({name, environment, isProtected, runbooks}) => {
  const load = () => loadInventory(`inventories/${name}.example.yaml`, '.switcharoo');

  beforeAll(() => {
    for (const [variable, value] of Object.entries(variables)) {
      vi.stubEnv(variable, value);
    }
  });
  afterAll(() => vi.unstubAllEnvs());

  test('has the name of its environment, and production is protected', () => {
    const inventory = load();
    expect({name: inventory.name, protected: inventory.protected}).toEqual({
      name: environment,
      protected: isProtected,
    });
  });

  test('has every parameter of the runbooks, and no other', async () => {
    const inventory = load();
    const params = await Promise.all(
      runbooks.map(async (name) => paramsFor((await loadRunbook(name)).runbook, inventory)),
    );
    const named = new Set(params.flatMap((each) => Object.keys(each as object)));
    expect(Object.keys(inventory.params).sort()).toEqual([...named].sort());
  });

  test.for(runbooks)(
    'has every target of %s, each complete and without a field that nobody reads',
    async (runbookName) => {
      const {runbook} = await loadRunbook(runbookName);
      const {targets} = load();
      const kinds = Object.entries<TargetKind>(runbook.head.targets);
      const found = kinds.map(([target, {config}]) => {
        const {kind, ...fields} = targets[target] ?? {kind: 'missing'};
        const result = config.safeParse(withDummySecrets(fields));
        return {
          target,
          kind,
          unread: unreadIn(fields, result.data),
          problem: result.error?.message,
        };
      });
      expect(found).toEqual(
        kinds.map(([target, {kind}]) => ({target, kind, unread: [], problem: undefined})),
      );
    },
  );
});

/** References are resolved when a target is opened; here anything will do. */
function withDummySecrets(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withDummySecrets);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const isReference = ['env', 'file', 'ssm', 'secretsManager'].some((kind) => kind in value);
  return isReference
    ? 'a secret'
    : Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, withDummySecrets(member)]),
      );
}

/** A misspelt field would be left out silently. */
const unreadIn = (fields: object, parsed: unknown): readonly string[] =>
  Object.keys(fields).filter((key) => !(key in Object(parsed)));
