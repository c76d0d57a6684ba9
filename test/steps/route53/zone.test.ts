import {describe, expect, test} from 'vitest';
import {SwitcharooError} from '../../../src/index.ts';
import {sameSets} from '../../../steps/route53/records/canonical.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {type Replacement, replaceSets} from '../../../steps/route53/records/replace.ts';
import {hostedZone} from '../../../steps/route53/target.ts';
import {credentials} from '../../lab/aws/started.ts';
import {type LabZone, labZone} from './lab-zone.ts';

const signal = new AbortController().signal;
const old: RecordSet = {name: 'www.shop.test.', type: 'A', ttlSeconds: 60, values: ['192.0.2.11']};
const next: RecordSet = {...old, values: ['198.51.100.7']};
const swap: Replacement = {scope: [{name: 'www.shop.test', type: 'A'}], from: [old], to: [next]};
const stored = (value: string) => ({name: 'www.shop.test.', type: 'A', ttl: 60, values: [value]});
const records = [stored('192.0.2.11')];

const swapIn = (lab: LabZone, replacement = swap, stop = signal, say = (_words: string) => {}) =>
  replaceSets(lab.sessions.zone.writer, replacement, stop, say);

const listed = (lab: LabZone) =>
  lab.route53.listed('ZSHOP').filter(({name}) => name === 'www.shop.test.');

async function problemOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('it went well');
}

describe('looking', () => {
  test('all sets at a name come, over pages, whatever their types, and nothing of the names around it', async () => {
    const members = Array.from({length: 400}, (_, at) => ({
      name: 'www.shop.test',
      type: 'A',
      ttl: 60,
      weight: 1,
      setIdentifier: `m${at}`,
      values: ['192.0.2.1'],
    }));
    const text = {name: 'www.shop.test', type: 'TXT', ttl: 60, values: ['"x"']};
    const others = ['a.www.shop.test', 'www-2.shop.test', 'wwx.shop.test'].map((name) => ({
      ...text,
      name,
    }));
    await using lab = await labZone([...members, text, ...others]);
    const sets = await lab.sessions.zone.reader.setsAt(['WWW.shop.test', 'none.shop.test'], signal);
    expect(new Set(sets.map(({type, setIdentifier}) => `${type} ${setIdentifier}`)).size).toBe(401);
    expect(sets).toHaveLength(401);
  });

  test('the zone knows its domain, and is asked once', async () => {
    await using lab = await labZone(records);
    const {reader} = lab.sessions.zone;
    expect([await reader.domain(signal), await reader.domain(signal)]).toEqual([
      {name: 'shop.test.', nameServers: ['ns1.lab.test.']},
      {name: 'shop.test.', nameServers: ['ns1.lab.test.']},
    ]);
    expect(lab.endpoint.calls('route53', 'GetHostedZone')).toBe(1);
  });

  test('where protections are unknown there are none, and it is asked once', async () => {
    await using lab = await labZone(records);
    const {reader} = lab.sessions.zone;
    expect([await reader.protections(signal), await reader.protections(signal)]).toEqual([[], []]);
    expect(lab.endpoint.calls('route53', 'ListResourceRecordSetProtections')).toBe(1);
  });

  test('the reader of a zone cannot write', async () => {
    await using lab = await labZone(records);
    expect(Object.keys(lab.sessions.zone.reader)).not.toContain('send');
  });
});

describe('swapping', () => {
  test('it ends when the name servers have it, and the records are exactly as wanted', async () => {
    await using lab = await labZone(records, {insyncMs: 600});
    const said: string[] = [];
    const {changeId} = await swapIn(lab, swap, signal, (words) => said.push(words));
    expect(lab.route53.published('ZSHOP')).toEqual(lab.route53.listed('ZSHOP'));
    expect(listed(lab)).toEqual([stored('198.51.100.7')]);
    expect(said[0]).toBe(
      `change ${changeId} has been PENDING for 0 s; it is usually INSYNC within 60 s`,
    );
  });

  test('texts, wildcards and aliases come back as they were', async () => {
    const odd: readonly RecordSet[] = [
      {
        name: '\\052.shop.test.',
        type: 'TXT',
        ttlSeconds: 60,
        values: ['"a" "b \\"c\\" <&>"', '"d"'],
      },
      {
        name: 'alias.shop.test.',
        type: 'A',
        alias: {hostedZoneId: 'ZELB', dnsName: 'lb.aws.test.', evaluateTargetHealth: true},
      },
      {name: 'mail.shop.test.', type: 'MX', ttlSeconds: 60, values: ['10 mx.shop.test.']},
    ];
    await using lab = await labZone([]);
    const scope = odd.map(({name, type}) => ({name, type}));
    const names = scope.map(({name}) => name);
    await swapIn(lab, {scope, from: [], to: odd});
    const after = await lab.sessions.zone.reader.setsAt(names, signal);
    expect(after).toEqual(odd);
    await swapIn(lab, {scope, from: after, to: []});
    expect(await lab.sessions.zone.reader.setsAt(names, signal)).toEqual([]);
  });

  test('sets of every way of routing come back as they were', async () => {
    const by = (name: string, setIdentifier: string, routing: Record<string, unknown>) => ({
      ...{name: `${name}.shop.test.`, type: 'A', setIdentifier, ttlSeconds: 60},
      ...{values: ['192.0.2.1'], routing},
    });
    const near = {Coordinates: {Latitude: '49.22', Longitude: '-74.01'}, Bias: -10};
    const routed: readonly RecordSet[] = [
      by('cidr', 'default', {CidrRoutingConfig: {CollectionId: 'c1', LocationName: '*'}}),
      by('cidr', 'office', {CidrRoutingConfig: {CollectionId: 'c1', LocationName: 'office'}}),
      {...by('failover', 'first', {Failover: 'PRIMARY'}), healthCheckId: 'hc-1'},
      by('failover', 'second', {Failover: 'SECONDARY'}),
      by('geo', 'else', {GeoLocation: {CountryCode: '*'}}),
      by('geo', 'france', {GeoLocation: {CountryCode: 'FR'}}),
      by('geo', 'texas', {GeoLocation: {CountryCode: 'US', SubdivisionCode: 'TX'}}),
      by('latency', 'eu', {Region: 'eu-central-1'}),
      by('latency', 'us', {Region: 'us-east-1'}),
      by('many', 'one', {MultiValueAnswer: true}),
      by('near', 'here', {GeoProximityLocation: {AWSRegion: 'eu-central-1', Bias: 5}}),
      by('near', 'there', {GeoProximityLocation: near}),
      {
        ...{name: 'weighted.shop.test.', type: 'A', setIdentifier: 'zero', weight: 0},
        ...{ttlSeconds: 60, values: ['192.0.2.1']},
      },
    ];
    await using lab = await labZone([]);
    const scope = routed.map(({name, type}) => ({name, type}));
    const names = scope.map(({name}) => name);
    await swapIn(lab, {scope, from: [], to: routed});
    const after = await lab.sessions.zone.reader.setsAt(names, signal);
    expect(after).toEqual(routed);
    expect(sameSets(after, JSON.parse(JSON.stringify(routed)))).toBe(true);
    await swapIn(lab, {scope, from: after, to: []});
    expect(await lab.sessions.zone.reader.setsAt(names, signal)).toEqual([]);
  });

  test('a colleague who is quicker is not overwritten', async () => {
    await using lab = await labZone(records, {processingMs: 150});
    const swapping = problemOf(swapIn(lab));
    await expect.poll(() => lab.endpoint.calls('route53', 'ChangeResourceRecordSets')).toBe(1);
    lab.route53.edit('ZSHOP', (sets) =>
      sets.map((set) => (set.type === 'A' ? stored('203.0.113.5') : set)),
    );
    expect(await swapping).toEqual({
      code: 'records-changed-elsewhere',
      message:
        "The records in dns were changed outside of this run: they are now www.shop.test A 203.0.113.5 (TTL 60 s), and were www.shop.test A 192.0.2.11 (TTL 60 s) at the last check. Route 53 answered: InvalidChangeBatch: [Tried to delete resource record set [name='www.shop.test.', type='A'] but the values provided do not match the current values, Tried to create resource record set [name='www.shop.test.', type='A'] but it already exists]",
      hint: 'Restore the records and resume, or reverse this run. The latest changes of the account: aws cloudtrail lookup-events --region us-east-1 --lookup-attributes AttributeKey=EventName,AttributeValue=ChangeResourceRecordSets',
    });
    expect(listed(lab)).toEqual([stored('203.0.113.5')]);
  });

  test('records that Route 53 does not take are a problem with its words', async () => {
    await using lab = await labZone(records);
    const wrong = {...swap, to: [{...next, values: ['192.0.2.300']}]};
    expect(await problemOf(swapIn(lab, wrong))).toMatchObject({
      code: 'route53-batch-refused',
      message:
        "Route 53 refuses the batch for dns, and has changed nothing: InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.300'']",
    });
  });

  test.each(['throttle', 'server-error', 'cut-before', 'cut-after'] as const)(
    'one call of %s: the swap is made, once',
    async (kind) => {
      await using lab = await labZone(records, {insyncMs: 0});
      lab.endpoint.faults.add({service: 'route53', operation: 'ChangeResourceRecordSets', kind});
      await swapIn(lab);
      expect(listed(lab)).toEqual([stored('198.51.100.7')]);
      // After a lost answer the look finds it made; in the other cases it is sent again.
      const calls = lab.endpoint.calls('route53', 'ChangeResourceRecordSets');
      expect(calls).toBe(kind === 'cut-after' ? 1 : 2);
    },
  );

  test('an account that may ask five times a second is asked more slowly', async () => {
    await using lab = await labZone(records, {requestsPerSecond: 5});
    await Promise.all(Array.from({length: 5}, () => lab.sessions.zone.reader.domain(signal)));
    await swapIn(lab);
    expect(listed(lab)).toEqual([stored('198.51.100.7')]);
  });

  test('two swaps of one zone wait for each other', async () => {
    const api = {...stored('192.0.2.11'), name: 'api.shop.test.'};
    await using lab = await labZone([...records, api], {processingMs: 100});
    const rename = (set: RecordSet) => ({...set, name: 'api.shop.test.'});
    const other = {
      scope: [{name: 'api.shop.test', type: 'A'}],
      from: swap.from.map(rename),
      to: swap.to.map(rename),
    };
    await Promise.all([swapIn(lab), swapIn(lab, other)]);
    expect(
      lab.route53.listed('ZSHOP').flatMap(({type, values}) => (type === 'A' ? values : [])),
    ).toEqual(['198.51.100.7', '198.51.100.7']);
  });

  test('it ends with an abort while the answer is out', async () => {
    await using lab = await labZone(records);
    lab.endpoint.faults.add({
      service: 'route53',
      operation: 'ChangeResourceRecordSets',
      kind: 'silence',
    });
    const stop = new AbortController();
    const swapping = swapIn(lab, swap, stop.signal);
    await expect.poll(() => lab.endpoint.calls('route53', 'ChangeResourceRecordSets')).toBe(1);
    stop.abort(new Error('stopped by the operator'));
    await expect(swapping).rejects.toThrow('stopped by the operator');
    expect(listed(lab)).toEqual(records);
  });
});

describe('what an operator can meet', () => {
  test('a zone that is not there', async () => {
    await using lab = await labZone(records, {zoneId: 'ZNONE'});
    expect(await problemOf(lab.sessions.zone.reader.domain(signal))).toEqual({
      code: 'route53-zone-not-found',
      message: 'Route 53 has no hosted zone ZNONE, which is the zone of target dns.',
      hint: 'Correct zoneId of dns in the inventory. List the zones of the account: aws route53 list-hosted-zones',
    });
  });

  test('credentials that AWS refuses: no secret is told', async () => {
    await using lab = await labZone(records, {secretAccessKey: 'not-the-secret'});
    const problem = await problemOf(lab.sessions.zone.reader.setsAt(['www.shop.test'], signal));
    expect(problem).toEqual({
      code: 'aws-credentials-refused',
      message:
        'AWS does not accept the credentials for target dns (route53:ListResourceRecordSets): The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      hint: expect.stringContaining('correct the credentials of this target in the inventory'),
    });
    expect(JSON.stringify(problem)).not.toContain('not-the-secret');
  });

  test('an account that may look and not write', async () => {
    await using lab = await labZone(records);
    lab.endpoint.faults.add({
      service: 'route53',
      operation: 'ChangeResourceRecordSets',
      kind: 'deny',
    });
    expect(await problemOf(swapIn(lab))).toEqual({
      code: 'aws-access-denied',
      message:
        'AWS does not allow this call for target dns (route53:ChangeResourceRecordSets): User: arn:aws:iam::123456789012:user/lab is not authorized to perform: route53:ChangeResourceRecordSets',
      hint: {
        text: 'Grant the role the permissions of the step. List them with',
        command: 'steps NAME',
      },
    });
    expect(listed(lab)).toEqual(records);
  });

  test('an endpoint where nobody listens', async () => {
    const lab = await labZone(records);
    await lab.endpoint.stop();
    const config = hostedZone.config.parse({
      endpoint: lab.endpoint.url,
      credentials,
      zoneId: 'ZSHOP',
    });
    const session = await hostedZone.open(config, {name: 'dns', signal});
    expect(await problemOf(session.reader.domain(signal))).toMatchObject({
      code: 'aws-unreachable',
      message: expect.stringMatching(
        /^AWS does not answer for target dns \(route53:GetHostedZone\): .*ECONNREFUSED/,
      ),
    });
    await session.close();
    await session.close();
  });
});
