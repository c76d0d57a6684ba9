import {
  Route53DomainsClient,
  UpdateDomainNameserversCommand,
} from '@aws-sdk/client-route-53-domains';
import {lawsOfStep, type TriedWorld} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import type {AnyStep, Look} from '../../../src/model/step.ts';
import {changeDelegation} from '../../../steps/route53/change-delegation.ts';
import {removeDs} from '../../../steps/route53/remove-ds.ts';
import {registrar} from '../../../steps/route53/target.ts';
import {credentials} from '../../lab/aws/started.ts';
import {fakeDomain, oldKey, oldServers} from './fake-domain.ts';
import {labDomain, labKey} from './lab-domain.ts';

const awsServers = [
  {name: 'ns1.aws.test.', glue: []},
  {name: 'ns2.aws.test.', glue: []},
];

lawsOfStep({
  step: changeDelegation,
  input: {},
  world: async () => fakeDomain(),
  blockedWorld: async () => fakeDomain({keys: [oldKey]}),
});
lawsOfStep({
  step: removeDs,
  input: {},
  world: async () => fakeDomain({keys: [oldKey]}),
  blockedWorld: async () => fakeDomain({keys: [oldKey], locked: 'serverUpdateProhibited'}),
});

describe('on Route 53 Domains, with the real SDK on the wire', () => {
  lawsOfStep({
    step: changeDelegation,
    input: {},
    world: () => labDomain(),
    blockedWorld: () => labDomain({keys: [labKey]}),
  });
  lawsOfStep({step: removeDs, input: {}, world: () => labDomain({keys: [labKey]})});
});

function look(world: TriedWorld, run: object = {}): Look<any, any> {
  return {
    input: {assumedTtlSeconds: 86_400},
    targets: Object.fromEntries(
      Object.entries(world.sessions).map(([part, {reader}]) => [part, reader]),
    ),
    run: {id: 'r-1', entry: 'delegate', started: false, ...run},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

/** Plans from what a look sees, performs it, and says what was said meanwhile. */
/** Checks, plans and performs; what the actions report is returned. `meanwhile` comes between the plan and them. */
async function perform(
  step: AnyStep,
  world: TriedWorld,
  meanwhile?: () => Promise<unknown>,
): Promise<readonly string[]> {
  const verdict = await step.check(look(world));
  const reports: string[] = [];
  if (verdict.kind === 'pending') {
    const actions = await step.plan(look(world), verdict.before);
    await meanwhile?.();
    for (const action of actions) {
      await action.perform(
        world.sessions[action.on]?.writer,
        new AbortController().signal,
        (progress) => reports.push(progress),
      );
    }
  }
  return reports;
}

describe('what a look says', () => {
  test('it names the old servers, their glue and the new ones', async () => {
    const world = fakeDomain();
    expect(await changeDelegation.check(look(world))).toEqual({
      kind: 'pending',
      before: {nameServers: oldServers, ttlSeconds: 0},
      differences: [
        {
          what: 'name servers of shop.test.',
          is: 'ns1.shop.test (192.0.2.1), ns2.old.test',
          shouldBe: 'ns1.aws.test, ns2.aws.test (dns)',
        },
      ],
    });
    const verdict = await changeDelegation.check(look(world));
    const actions = await changeDelegation.plan(
      look(world),
      verdict.kind === 'pending' ? verdict.before : {nameServers: [], ttlSeconds: 0},
    );
    expect(actions.map(({does}) => does)).toEqual([
      'Fake Registrar: enter ns1.aws.test, ns2.aws.test as the name servers of shop.test, instead of ns1.shop.test (192.0.2.1), ns2.old.test',
    ]);
  });

  test.for([
    {
      name: 'a domain that has the new servers already is done',
      world: {nameServers: awsServers},
      says: {kind: 'done', output: {ttlSeconds: 0}},
    },
    {
      name: 'servers of the parent that disagree are waited for',
      world: {nameServers: awsServers, behind: oldServers},
      says: {
        kind: 'waiting',
        progress:
          'the servers of parent do not agree: 192.0.2.53 answers ns1.aws.test, ns2.aws.test; 192.0.2.54 answers ns1.shop.test, ns2.old.test',
      },
    },
    {
      name: 'a change that is under way is waited for',
      world: {operation: 'operation 7 of shop.test. (UPDATE_NAMESERVER) is IN_PROGRESS'},
      says: {
        kind: 'waiting',
        progress: 'operation 7 of shop.test. (UPDATE_NAMESERVER) is IN_PROGRESS',
      },
    },
    {
      name: 'DS records that nobody removed are in the way',
      world: {keys: [oldKey]},
      says: {
        kind: 'blocked',
        reason:
          'parent has DS records of shop.test. (1 13 2 61325635) for keys that Route 53 does not have: validating resolvers would reject all its answers.',
        hint: 'Remove the DS records (route53.remove-ds), and wait until they have expired (dns.ds-expired).',
      },
    },
    {
      name: 'a lock is in the way',
      world: {locked: 'serverUpdateProhibited'},
      says: {
        kind: 'blocked',
        reason:
          'shop.test. is locked at Fake Registrar (serverUpdateProhibited): its name servers cannot be changed.',
        hint: 'Unlock the domain at the registrar. Only the registry can remove a status that begins with "server".',
      },
    },
  ])('$name', async ({world, says}) => {
    expect(await changeDelegation.check(look(fakeDomain(world)))).toEqual(says);
  });

  test('name servers that a third party entered meanwhile are drift', async () => {
    const world = fakeDomain({nameServers: [{name: 'ns.third.test.', glue: []}]});
    const before = {nameServers: oldServers, ttlSeconds: 60};
    expect(await changeDelegation.check(look(world, {started: true, before}))).toMatchObject({
      kind: 'blocked',
      reason:
        'shop.test. has the name servers ns.third.test; before this step it had ns1.shop.test, ns2.old.test, and dns has ns1.aws.test, ns2.aws.test.',
    });
  });

  test('an unsigned zone has nothing to wait for; a signed one without a DS may have had one', async () => {
    const world = fakeDomain();
    expect(await removeDs.check(look(world))).toEqual({kind: 'done', output: {ttlSeconds: 0}});
    const {old} = world.sessions;
    Object.assign(old?.reader as object, {
      ask: async () => [{kind: 'answer', answers: [{type: 'DNSKEY'}]}],
    });
    expect(await removeDs.check(look(world))).toEqual({kind: 'done', output: {ttlSeconds: 86_400}});
  });
});

describe('the way back', () => {
  test('the DS records stay away while the domain is at Route 53', async () => {
    const world = fakeDomain({nameServers: awsServers});
    const before = {ds: ['1 13 2 AB'], keys: [oldKey], ttlSeconds: 60};
    expect(await removeDs.reverse(look(world, {started: true, before}), before)).toMatchObject({
      kind: 'blocked',
      reason:
        'shop.test. has the name servers ns1.aws.test, ns2.aws.test, which do not sign with its old keys.',
    });
  });

  test('it waits for the longest TTL anew, also when the old servers are back already', async () => {
    const world = fakeDomain();
    const before = {
      nameServers: [...oldServers].map(({name, glue}) => ({name, glue: [...glue]})),
      ttlSeconds: 172_800,
    };
    const actions = await changeDelegation.reverse(look(world, {started: true, before}), before);
    expect('kind' in actions ? actions : actions.map(({does}) => does)).toEqual([
      'wait 172800 s, until the name servers of dns have expired from the caches of resolvers',
    ]);
  });

  test('it does not lead to servers that gave the zone up', async () => {
    const world = fakeDomain({nameServers: awsServers});
    Object.assign(world.sessions['old']?.reader as object, {
      ask: async () => [
        {kind: 'no-answer', server: {address: '192.0.2.1'}, reason: 'it answers REFUSED'},
      ],
    });
    const before = {nameServers: [], ttlSeconds: 0};
    expect(
      await changeDelegation.reverse(look(world, {started: true, before}), before),
    ).toMatchObject({
      kind: 'blocked',
      reason: 'No name server of old serves shop.test. any more; 192.0.2.1: it answers REFUSED.',
    });
  });
});

describe('when Route 53 Domains is in trouble', () => {
  const delegated = async (world: Awaited<ReturnType<typeof labDomain>>) =>
    world.domains.published('shop.test').nameServers.map(({name}) => name);

  test.for([
    {name: 'cut off before it heard', kind: 'cut-before' as const, calls: 2},
    {name: 'cut off after it did it', kind: 'cut-after' as const, calls: 1},
    {name: 'too busy', kind: 'throttle' as const, calls: 2},
  ])('a request that was $name is settled by looking, and made once', async ({kind, calls}) => {
    const world = await labDomain();
    world.endpoint.faults.add({
      service: 'route53domains',
      operation: 'UpdateDomainNameservers',
      kind,
    });
    await perform(changeDelegation, world);
    expect(await delegated(world)).toEqual(['ns-1.aws.test', 'ns-2.aws.test']);
    expect(world.endpoint.calls('route53domains', 'UpdateDomainNameservers')).toBe(calls);
    await world.close();
  });

  test('a request beside one that is under way waits for its turn', async () => {
    const world = await labDomain({operationMs: 300});
    // Somebody else's request, in the console of AWS: it is sent once.
    const awsConsole = new Route53DomainsClient({
      region: 'us-east-1',
      endpoint: world.endpoint.url,
      credentials,
    });
    const request = new UpdateDomainNameserversCommand({
      DomainName: 'shop.test',
      Nameservers: [{Name: 'ns1.third.test'}, {Name: 'ns2.third.test'}],
    });
    const reports = await perform(changeDelegation, world, () => awsConsole.send(request));
    expect(await delegated(world)).toEqual(['ns-1.aws.test', 'ns-2.aws.test']);
    expect(reports.join('\n')).toMatch(/is (SUBMITTED|IN_PROGRESS)/);
    awsConsole.destroy();
    await world.close();
  });

  test('an operation that fails is told in its own words', async () => {
    const world = await labDomain();
    world.domains.failNext('The registry is closed.');
    await expect(perform(changeDelegation, world)).rejects.toMatchObject({
      problem: {
        code: 'registrar-operation-failed',
        message: expect.stringMatching(
          /^Operation \S+ of registrar is FAILED: The registry is closed\.$/,
        ),
      },
    });
    await world.close();
  });

  test('a domain of another account is refused with what AWS says', async () => {
    const world = await labDomain();
    world.endpoint.faults.add({
      service: 'route53domains',
      operation: 'GetDomainDetail',
      kind: 'deny',
    });
    await expect(changeDelegation.check(look(world))).rejects.toMatchObject({
      problem: {code: 'aws-access-denied'},
    });
    await world.close();
  });
});

describe('what the registrar has to be allowed', () => {
  const rightsOf = (config: object) =>
    registrar.rights?.(registrar.config.parse(config), ['route53domains:GetDomainDetail'], {
      name: 'registrar',
      signal: new AbortController().signal,
    });

  test('by hand it is a person, in words', async () => {
    expect(await rightsOf({by: 'hand', domain: 'shop.test', registrar: 'Gandi'})).toEqual([
      {
        account: null,
        grants: [
          {
            form: 'words',
            text: 'a person who may change name servers and DS records of shop.test at Gandi',
          },
        ],
        needs: [],
      },
    ]);
  });

  test('by the API it is a statement of a policy', async () => {
    const world = await labDomain();
    const given = {endpoint: world.endpoint.url, credentials};
    const [rights] = (await rightsOf({by: 'route53-domains', domain: 'shop.test', ...given})) ?? [];
    expect(rights?.grants).toEqual([
      {form: 'iam', actions: ['route53domains:GetDomainDetail'], resources: ['*']},
    ]);
    await world.close();
  });
});
