import {
  AssociateDelegationSignerToDomainCommand,
  DisassociateDelegationSignerFromDomainCommand,
  GetDomainDetailCommand,
  GetOperationDetailCommand,
  paginateListOperations,
  Route53DomainsClient,
  UpdateDomainNameserversCommand,
} from '@aws-sdk/client-route-53-domains';
import {expect, test} from 'vitest';
import {createRoute53Domains} from '../../../lab/aws/route53-domains.ts';
import {readingClient, writingClient} from '../../../steps/aws/index.ts';
import {refusalOf, started} from './started.ts';

const key = {Flags: 257, Algorithm: 13, PublicKey: 'a2V5'};

async function opened(operationMs = 0) {
  const domains = createRoute53Domains({
    domains: [
      {
        name: 'shop.test',
        nameServers: [{name: 'ns1.shop.test', glue: ['192.0.2.1']}, {name: 'ns2.old.test'}],
      },
      {
        name: 'locked.test',
        nameServers: [{name: 'a.test'}, {name: 'b.test'}],
        statuses: ['serverUpdateProhibited'],
      },
    ],
    operationMs,
  });
  const begun = await started(domains);
  const client = new Route53DomainsClient(writingClient(begun.config));
  const reader = new Route53DomainsClient(readingClient(begun.config));
  const update = (DomainName: string, ...names: string[]) =>
    client.send(
      new UpdateDomainNameserversCommand({DomainName, Nameservers: names.map((Name) => ({Name}))}),
    );
  const detail = (DomainName = 'shop.test') =>
    reader.send(new GetDomainDetailCommand({DomainName}));
  return {...begun, domains, client, reader, update, detail};
}

test('a domain is told with its name servers and their addresses', async () => {
  await using lab = await opened();
  const {Nameservers, StatusList, DnssecKeys, DomainName} = await lab.detail();
  expect({Nameservers, StatusList, DnssecKeys, DomainName}).toEqual({
    DomainName: 'shop.test',
    Nameservers: [{Name: 'ns1.shop.test', GlueIps: ['192.0.2.1']}, {Name: 'ns2.old.test'}],
    StatusList: ['clientTransferProhibited'],
    DnssecKeys: [],
  });
});

test('a change is an operation: under way first, then successful, and one at a time', async () => {
  await using lab = await opened(1_000);
  const {OperationId = ''} = await lab.update('shop.test', 'ns1.aws.test', 'ns2.aws.test');
  expect(await refusalOf(lab.update('shop.test', 'a.test', 'b.test'))).toEqual({
    name: 'DuplicateRequest',
    message: 'A request for domain shop.test is already in progress',
  });
  expect((await lab.detail()).Nameservers).toHaveLength(2);
  const statuses = new Set<string | undefined>();
  for (;;) {
    const {Status, Type, DomainName, SubmittedDate} = await lab.reader.send(
      new GetOperationDetailCommand({OperationId}),
    );
    expect({Type, DomainName}).toEqual({Type: 'UPDATE_NAMESERVER', DomainName: 'shop.test'});
    expect(SubmittedDate).toBeInstanceOf(Date);
    statuses.add(Status);
    if (Status === 'SUCCESSFUL') {
      break;
    }
  }
  expect([...statuses].at(-1)).toBe('SUCCESSFUL');
  expect((await lab.detail()).Nameservers).toEqual([
    {Name: 'ns1.aws.test'},
    {Name: 'ns2.aws.test'},
  ]);
});

test('operations are listed in pages, by status', async () => {
  await using lab = await opened();
  for (const name of ['a.test', 'b.test', 'c.test']) {
    await lab.update('shop.test', name, 'other.test');
  }
  const pages = paginateListOperations({client: lab.reader, pageSize: 2}, {Status: ['SUCCESSFUL']});
  const sizes: (number | undefined)[] = [];
  for await (const {Operations} of pages) {
    sizes.push(Operations?.length);
  }
  expect(sizes).toEqual([2, 1]);
});

test('a key is added with what follows from it, and removed by its id', async () => {
  await using lab = await opened();
  await lab.client.send(
    new AssociateDelegationSignerToDomainCommand({DomainName: 'shop.test', SigningAttributes: key}),
  );
  const [added] = (await lab.detail()).DnssecKeys ?? [];
  expect(added).toMatchObject({...key, DigestType: 2});
  expect(added?.Digest).toMatch(/^[0-9A-F]{64}$/);
  await lab.client.send(
    new DisassociateDelegationSignerFromDomainCommand({DomainName: 'shop.test', Id: added?.Id}),
  );
  expect((await lab.detail()).DnssecKeys).toEqual([]);
});

test.for([
  {
    name: 'a domain of another account',
    is: {name: 'InvalidInput', message: 'Domain other.test not found in 123456789012 account'},
    servers: ['a.test', 'b.test'],
    domain: 'other.test',
  },
  {
    name: 'a single name server',
    is: {
      name: 'TLDRulesViolation',
      message: 'shop.test takes from 2 to 13 name servers, and not 1',
    },
    servers: ['a.test'],
    domain: 'shop.test',
  },
  {
    name: 'a name server of the domain itself without its address',
    is: {
      name: 'InvalidInput',
      message: 'Name server ns1.shop.test is in shop.test and needs glue addresses',
    },
    servers: ['ns1.shop.test', 'b.test'],
    domain: 'shop.test',
  },
  {
    name: 'a locked domain',
    is: {name: 'TLDRulesViolation', message: 'Domain locked.test is locked'},
    servers: ['a.test', 'b.test'],
    domain: 'locked.test',
  },
])('$name is refused', async ({servers, domain, is}) => {
  await using lab = await opened();
  expect(await refusalOf(lab.update(domain, ...servers))).toEqual(is);
});
