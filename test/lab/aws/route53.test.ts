import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetProtectionsCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  paginateListHostedZones,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {createRoute53, type Route53Options} from '../../../lab/aws/route53.ts';
import {readingClient, writingClient} from '../../../steps/aws/index.ts';
import {refusalOf, started} from './started.ts';

const zone = {
  id: 'ZSHOP',
  name: 'shop.test',
  nameServers: ['ns1.lab.test.', 'ns2.lab.test.'],
  records: [
    {name: 'www.shop.test.', type: 'A', ttl: 300, values: ['192.0.2.11', '192.0.2.12']},
    {name: 'blog.shop.test.', type: 'CNAME', ttl: 300, values: ['www.shop.test.']},
    {name: '*.shop.test.', type: 'TXT', ttl: 60, values: ['"v=spf1 a" "b \\"c\\""']},
  ],
};
const apex: Change = {
  Action: 'DELETE',
  ResourceRecordSet: plain('shop.test.', 'NS', 172_800, ...zone.nameServers),
};

async function opened(options: Partial<Route53Options> = {}) {
  const aliasTargets = [{hostedZoneId: 'ZELB', dnsName: 'lb.us-east-1.elb.amazonaws.com'}];
  const route53 = createRoute53({zones: [zone], insyncMs: 0, aliasTargets, ...options});
  const begun = await started(route53);
  const reader = new Route53Client(readingClient(begun.config));
  const writer = new Route53Client(writingClient(begun.config));
  const change = (...Changes: Change[]) =>
    writer.send(
      new ChangeResourceRecordSetsCommand({HostedZoneId: 'ZSHOP', ChangeBatch: {Changes}}),
    );
  return {...begun, route53, reader, writer, change};
}

function plain(Name: string, Type: string, TTL: number, ...values: string[]): ResourceRecordSet {
  return {
    Name,
    // The SDK's type lists the record types of its day.
    Type: Type as ResourceRecordSet['Type'],
    TTL,
    ResourceRecords: values.map((Value) => ({Value})),
  };
}

function aliasTo(Type: 'A' | 'AAAA' | 'HTTPS', HostedZoneId: string, DNSName: string): Change {
  const AliasTarget = {HostedZoneId, DNSName, EvaluateTargetHealth: false};
  return {Action: 'CREATE', ResourceRecordSet: {Name: 'alias.shop.test.', Type, AliasTarget}};
}

const weighted = (identifier: string, TTL: number, value: string): ResourceRecordSet => ({
  ...plain('api.shop.test.', 'A', TTL, value),
  SetIdentifier: identifier,
  Weight: 1,
});
const create = (set: ResourceRecordSet): Change => ({Action: 'CREATE', ResourceRecordSet: set});
const remove = (set: ResourceRecordSet): Change => ({Action: 'DELETE', ResourceRecordSet: set});
const upsert = (set: ResourceRecordSet): Change => ({Action: 'UPSERT', ResourceRecordSet: set});

async function listAll(client: Route53Client, MaxItems: number) {
  const sets: ResourceRecordSet[] = [];
  let pages = 0;
  let next: ListResourceRecordSetsCommandOutput | undefined;
  do {
    next = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: 'ZSHOP',
        MaxItems,
        StartRecordName: next?.NextRecordName,
        StartRecordType: next?.NextRecordType,
        StartRecordIdentifier: next?.NextRecordIdentifier,
      }),
    );
    sets.push(...(next.ResourceRecordSets ?? []));
    pages += 1;
  } while (next.IsTruncated);
  return {sets, pages};
}

describe('listing', () => {
  test('sets come by reversed labels, then type, names in octal, and all pages make the whole', async () => {
    await using lab = await opened();
    const {sets, pages} = await listAll(lab.reader, 2);
    expect(pages).toBe(3);
    expect(sets.map(({Name, Type}) => `${Name} ${Type}`)).toEqual([
      'shop.test. NS',
      'shop.test. SOA',
      '\\052.shop.test. TXT',
      'blog.shop.test. CNAME',
      'www.shop.test. A',
    ]);
    expect(sets[2]).toEqual(plain('\\052.shop.test.', 'TXT', 60, '"v=spf1 a" "b \\"c\\""'));
  });

  test('a page that ends inside a weighted group goes on with the next member', async () => {
    const members = ['a', 'b', 'c'].map((setIdentifier) => ({
      name: 'www.shop.test',
      type: 'A',
      ttl: 60,
      weight: 1,
      setIdentifier,
      values: ['192.0.2.1'],
    }));
    await using lab = await opened({zones: [{...zone, records: members}]});
    const {sets} = await listAll(lab.reader, 1);
    expect(sets.map(({SetIdentifier}) => SetIdentifier)).toEqual([
      undefined,
      undefined,
      'a',
      'b',
      'c',
    ]);
  });

  test('a page holds 300 sets, whatever is asked for', async () => {
    const records = Array.from({length: 700}, (_, at) => ({
      name: `h${at}.shop.test`,
      type: 'A',
      ttl: 60,
      values: ['192.0.2.1'],
    }));
    await using lab = await opened({zones: [{...zone, records}]});
    const {sets, pages} = await listAll(lab.reader, 1_000);
    expect({pages, sets: new Set(sets.map(({Name}) => Name)).size}).toEqual({pages: 3, sets: 701});
  });

  test('a type without a name is refused', async () => {
    await using lab = await opened();
    const list = new ListResourceRecordSetsCommand({HostedZoneId: 'ZSHOP', StartRecordType: 'A'});
    expect(await refusalOf(lab.reader.send(list))).toMatchObject({name: 'InvalidInput'});
  });

  test('zones are found by page, by name and by id', async () => {
    const zones = ['b.test', 'a.test', 'x.a.test'].map((name, at) => ({
      ...zone,
      records: [],
      name,
      id: `Z${at}`,
    }));
    await using lab = await opened({zones});
    const ids: (string | undefined)[] = [];
    for await (const page of paginateListHostedZones({client: lab.reader, pageSize: 1}, {})) {
      ids.push(...(page.HostedZones ?? []).map(({Id}) => Id));
    }
    expect(ids).toEqual(['/hostedzone/Z0', '/hostedzone/Z1', '/hostedzone/Z2']);
    const named = await lab.reader.send(new ListHostedZonesByNameCommand({DNSName: 'x.a.test'}));
    expect(named.HostedZones?.map(({Name}) => Name)).toEqual(['x.a.test.', 'b.test.']);
    const {HostedZone, DelegationSet} = await lab.reader.send(new GetHostedZoneCommand({Id: 'Z1'}));
    expect([
      HostedZone?.Name,
      HostedZone?.ResourceRecordSetCount,
      DelegationSet?.NameServers,
    ]).toEqual(['a.test.', 2, zone.nameServers]);
  });

  test('what is not there has its own names', async () => {
    await using lab = await opened();
    expect(await refusalOf(lab.reader.send(new GetHostedZoneCommand({Id: 'ZNONE'})))).toEqual({
      name: 'NoSuchHostedZone',
      message: 'No hosted zone found with ID: ZNONE',
    });
    expect(await refusalOf(lab.reader.send(new GetChangeCommand({Id: 'CNONE'})))).toMatchObject({
      name: 'NoSuchChange',
    });
    const protections = new ListResourceRecordSetProtectionsCommand({HostedZoneId: 'ZSHOP'});
    expect(await refusalOf(lab.reader.send(protections))).toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

/** Longer than a change is PENDING here, on a busy machine as well. */
const waiting = {timeout: 60_000, interval: 100};

describe('a change', () => {
  test('is listed at once, PENDING, and published when it is INSYNC', async () => {
    await using lab = await opened({insyncMs: 2_000});
    const {ChangeInfo} = await lab.change(create(plain('NEW.shop.test', 'A', 60, '192.0.2.9')));
    expect(ChangeInfo).toMatchObject({
      Status: 'PENDING',
      Id: expect.stringMatching(/^\/change\/C/),
    });
    const isNew = ({name}: RecordSet) => name === 'new.shop.test.';
    expect(lab.route53.listed('ZSHOP').some(isNew)).toBe(true);
    expect(lab.route53.published('ZSHOP').some(isNew)).toBe(false);
    await expect
      .poll(async () => {
        const {ChangeInfo: now} = await lab.reader.send(new GetChangeCommand({Id: ChangeInfo?.Id}));
        return now?.Status;
      }, waiting)
      .toBe('INSYNC');
    expect(lab.route53.published('ZSHOP').some(isNew)).toBe(true);
  });

  test('the exact old set is replaced by a new one in one batch, values given in any order', async () => {
    await using lab = await opened();
    await lab.change(
      remove(plain('www.shop.test.', 'A', 300, '192.0.2.12', '192.0.2.11')),
      create(plain('www.shop.test.', 'A', 60, '198.51.100.1')),
    );
    expect(lab.route53.published('ZSHOP').find(({name}) => name === 'www.shop.test.')).toEqual({
      name: 'www.shop.test.',
      type: 'A',
      ttl: 60,
      values: ['198.51.100.1'],
    });
  });

  test('a weighted group has one TTL: the last one written', async () => {
    await using lab = await opened();
    await lab.change(
      create(weighted('old', 300, '192.0.2.1')),
      create(weighted('new', 300, '192.0.2.2')),
    );
    await lab.change(upsert(weighted('new', 60, '192.0.2.2')));
    const group = lab.route53.listed('ZSHOP').filter(({name}) => name === 'api.shop.test.');
    expect(group.map(({ttl}) => ttl)).toEqual([60, 60]);
  });

  test('values that differ in a trailing dot alone are no change: INSYNC, and nothing is stored', async () => {
    await using lab = await opened();
    await lab.change(upsert(plain('blog.shop.test.', 'CNAME', 300, 'www.shop.test')));
    expect(lab.route53.listed('ZSHOP').find(({type}) => type === 'CNAME')?.values).toEqual([
      'www.shop.test.',
    ]);
  });

  test('a value comes back as it was sent, whatever is in it', async () => {
    await using lab = await opened();
    const value = '"<a> & \\"b\\"  \\344" "c"';
    await lab.change(create(plain('odd.shop.test.', 'TXT', 60, value)));
    const {sets} = await listAll(lab.reader, 300);
    expect(sets.find(({Name}) => Name === 'odd.shop.test.')?.ResourceRecords).toEqual([
      {Value: value},
    ]);
  });

  test('a batch of a thousand values is made; one more is not', async () => {
    await using lab = await opened();
    const sets = (from: number, count: number) =>
      Array.from({length: count}, (_, at) =>
        create(plain(`t${from + at}.shop.test.`, 'TXT', 60, `"${from + at}"`)),
      );
    await lab.change(...sets(0, 1_000));
    expect(lab.route53.listed('ZSHOP')).toHaveLength(1_005);
    expect(await refusalOf(lab.change(...sets(1_000, 1_001)))).toEqual({
      name: 'InvalidChangeBatch',
      message: '[Number of records limit of 1000 exceeded.]',
    });
  });
});

const www = plain('www.shop.test.', 'A', 300, '192.0.2.11', '192.0.2.12');
const blog = plain('blog.shop.test.', 'CNAME', 300, 'www.shop.test.');
const refused: {name: string; changes: Change[]; messages: string[]}[] = [
  {
    name: 'creating what exists',
    changes: [create(www)],
    messages: [
      "Tried to create resource record set [name='www.shop.test.', type='A'] but it already exists",
    ],
  },
  {
    name: 'deleting what is not there',
    changes: [remove(plain('no.shop.test.', 'A', 60, '192.0.2.1'))],
    messages: [
      "Tried to delete resource record set [name='no.shop.test.', type='A'] but it was not found",
    ],
  },
  {
    name: 'replacing a set that was changed meanwhile: both halves are reported',
    changes: [remove({...www, TTL: 60}), create({...www, TTL: 30})],
    messages: [
      "Tried to delete resource record set [name='www.shop.test.', type='A'] but the values provided do not match the current values",
      "Tried to create resource record set [name='www.shop.test.', type='A'] but it already exists",
    ],
  },
  {
    name: 'a CNAME beside an A',
    changes: [create(plain('www.shop.test.', 'CNAME', 60, 'x.test.'))],
    messages: [
      'RRSet of type CNAME with DNS name www.shop.test. is not permitted as it conflicts with other records with the same DNS name in zone shop.test.',
    ],
  },
  {
    name: 'an A beside a CNAME',
    changes: [create(plain('blog.shop.test.', 'A', 60, '192.0.2.1'))],
    messages: [
      'RRSet of type A with DNS name blog.shop.test. is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone shop.test.',
    ],
  },
  {
    name: 'an A before the CNAME goes, in one batch',
    changes: [create(plain('blog.shop.test.', 'A', 60, '192.0.2.1')), remove(blog)],
    messages: [
      "The request contains an invalid set of changes for a resource record set 'CNAME blog.shop.test.'",
    ],
  },
  {
    name: 'the same set twice',
    changes: [upsert(www), upsert(www)],
    messages: [
      "The request contains an invalid set of changes for a resource record set 'A www.shop.test.'",
    ],
  },
  {
    name: 'a CNAME at the apex',
    changes: [create(plain('shop.test.', 'CNAME', 60, 'x.test.'))],
    messages: [
      'RRSet of type CNAME with DNS name shop.test. is not permitted at apex in zone shop.test.',
    ],
  },
  {
    name: 'a zone without name servers',
    changes: [apex],
    messages: ['A HostedZone must contain at least one NS record for the zone itself.'],
  },
  {
    name: 'a name of another zone',
    changes: [create(plain('www.other.test.', 'A', 60, '192.0.2.1'))],
    messages: ['RRSet with DNS name www.other.test. is not permitted in zone shop.test.'],
  },
  {
    name: 'an alias to a name of the zone that is not there',
    changes: [
      create({
        Name: 'alias.shop.test.',
        Type: 'A',
        AliasTarget: {HostedZoneId: 'ZSHOP', DNSName: 'no.shop.test.', EvaluateTargetHealth: false},
      }),
    ],
    messages: [
      'Tried to create an alias that targets no.shop.test., type A in zone ZSHOP, but that target was not found',
    ],
  },
  {
    name: 'an alias to a load balancer with the id of another zone',
    changes: [aliasTo('A', 'ZSHOP', 'dualstack.lb.us-east-1.elb.amazonaws.com')],
    messages: [
      'Tried to create an alias that targets dualstack.lb.us-east-1.elb.amazonaws.com., type A in zone ZSHOP, but the alias target name does not lie within the target zone',
      'Tried to create an alias that targets dualstack.lb.us-east-1.elb.amazonaws.com., type A in zone ZSHOP, but that target was not found',
    ],
  },
  {
    name: 'an alias to a load balancer that is not there',
    changes: [aliasTo('AAAA', 'ZELB', 'gone.us-east-1.elb.amazonaws.com')],
    messages: [
      'Tried to create an alias that targets gone.us-east-1.elb.amazonaws.com., type AAAA in zone ZELB, but that target was not found',
    ],
  },
  {
    name: 'an alias to a load balancer of another type than its addresses',
    changes: [aliasTo('HTTPS', 'ZELB', 'lb.us-east-1.elb.amazonaws.com')],
    messages: [
      'Tried to create an alias that targets lb.us-east-1.elb.amazonaws.com., type HTTPS in zone ZELB, but that target was not found',
    ],
  },
  {
    name: 'an address that is none',
    changes: [create(plain('x.shop.test.', 'A', 60, '192.0.2.300'))],
    messages: [
      "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.300''",
    ],
  },
  {
    name: 'a text without quotation marks',
    changes: [create(plain('x.shop.test.', 'TXT', 60, 'xxxx'))],
    messages: [
      "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'xxxx''",
    ],
  },
  {
    name: '501 upserts: each counts twice',
    changes: Array.from({length: 501}, (_, at) =>
      upsert(plain(`h${at}.shop.test.`, 'A', 60, '192.0.2.1')),
    ),
    messages: ['Number of records limit of 1000 exceeded.'],
  },
  {
    name: 'a weighted set beside a simple one',
    changes: [create({...weighted('new', 60, '192.0.2.1'), Name: 'www.shop.test.'})],
    messages: [
      'RRSet with DNS name www.shop.test., type A, SetIdentifier new cannot be created because an RRSet with another routing policy exists with the same name and type.',
    ],
  },
];

describe('a batch is refused as a whole', () => {
  test.each(refused)('$name', async ({changes, messages}) => {
    await using lab = await opened();
    const start = lab.route53.listed('ZSHOP');
    const good = create(plain('good.shop.test.', 'A', 60, '192.0.2.1'));
    expect(await refusalOf(lab.change(good, ...changes))).toEqual({
      name: 'InvalidChangeBatch',
      message: `[${messages.join(', ')}]`,
    });
    expect(lab.route53.listed('ZSHOP')).toEqual(start);
  });

  test('numbers and texts out of bounds', async () => {
    await using lab = await opened();
    const wrong = {...weighted('', -1, '192.0.2.1'), TTL: 3_000_000_000, Name: 'x.shop.test.'};
    const member = "at 'changeBatch.changes.1.member.resourceRecordSet";
    expect(
      await refusalOf(lab.change(create({...wrong, Weight: 256, SetIdentifier: 'x'.repeat(129)}))),
    ).toEqual({
      name: 'InvalidInput',
      message: `3 validation errors detected: ${[
        `Value ${member}.tTL' failed to satisfy constraint: Member must have value less than or equal to 2147483647`,
        `Value ${member}.weight' failed to satisfy constraint: Member must have value less than or equal to 255`,
        `Value ${member}.setIdentifier' failed to satisfy constraint: Member must have length less than or equal to 128`,
      ].join('; ')}`,
    });
  });

  test('a set of more than 400 values, and the 101st set of one name and type', async () => {
    await using lab = await opened();
    const addresses = Array.from(
      {length: 401},
      (_, at) => `10.0.${Math.floor(at / 200)}.${at % 200}`,
    );
    expect(
      (await refusalOf(lab.change(create(plain('x.shop.test.', 'A', 60, ...addresses))))).name,
    ).toBe('InvalidChangeBatch');
    const member = (at: number) =>
      create({...weighted(`m${at}`, 1, addresses[at] ?? ''), Name: 'y.shop.test.'});
    await lab.change(...Array.from({length: 100}, (_, at) => member(at)));
    expect((await refusalOf(lab.change(member(100)))).name).toBe('InvalidChangeBatch');
  });

  test('a set with neither values nor an alias', async () => {
    await using lab = await opened();
    const set = {Name: 'x.shop.test.', Type: 'A'} as const;
    expect(await refusalOf(lab.change(create(set)))).toEqual({
      name: 'InvalidInput',
      message:
        'Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=x.shop.test., Type=A, SetIdentifier=null]',
    });
  });
});

describe('limits', () => {
  test('a second change is refused while the zone processes the first', async () => {
    await using lab = await opened({processingMs: 100});
    const ends = await Promise.allSettled([
      lab.change(create(plain('one.shop.test.', 'A', 60, '192.0.2.1'))),
      lab.change(create(plain('two.shop.test.', 'A', 60, '192.0.2.2'))),
    ]);
    const refusals = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.name] : []));
    expect(refusals).toEqual(['PriorRequestNotComplete']);
  });

  test('more than the account may ask is throttled, and the SDK asks again', async () => {
    await using lab = await opened({requestsPerSecond: 5});
    const asked = Array.from({length: 7}, () =>
      lab.reader.send(new GetHostedZoneCommand({Id: 'ZSHOP'})),
    );
    expect(await Promise.all(asked)).toHaveLength(7);
    expect(lab.endpoint.calls('route53', 'GetHostedZone')).toBeGreaterThan(7);
  });
});

test('clients of one attempt see the throttling as it is', async () => {
  await using lab = await opened();
  lab.endpoint.faults.add({
    service: 'route53',
    operation: 'ChangeResourceRecordSets',
    kind: 'throttle',
  });
  expect(await refusalOf(lab.change(apex))).toEqual({name: 'Throttling', message: 'Rate exceeded'});
});
