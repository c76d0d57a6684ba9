import {expect, test} from 'vitest';
import {createEc2} from '../../../lab/aws/ec2.ts';
import type {LabVpn} from '../../../lab/aws/vpn.ts';
import type {Look} from '../../../src/index.ts';
import {vpnPreflight} from '../../../steps/ec2/checks/vpn.ts';
import {vpnConnections} from '../../../steps/ec2/target.ts';
import {vpnTunnelsUp} from '../../../steps/ec2/vpn-tunnels-up.ts';
import {started} from '../../lab/aws/started.ts';

const {signal} = new AbortController();
const now = new Date(Date.UTC(2026, 0, 1, 0, 3));

const tunnel = (address: string): LabVpn['tunnels'][number] => ({
  ...{address, status: 'UP', statusMessage: '2 BGP ROUTES', acceptedRouteCount: 2},
  lastStatusChange: new Date(Date.UTC(2026, 0, 1)),
});
const down = {status: 'DOWN', statusMessage: 'IPSEC IS DOWN', acceptedRouteCount: 0} as const;

async function world() {
  const first = tunnel('203.0.113.1');
  const second = tunnel('203.0.113.2');
  const vpn: LabVpn = {
    ...{id: 'vpn-1', state: 'available', staticRoutesOnly: false},
    tunnels: [first, second],
  };
  const vpns = {all: [vpn], isSilent: false};
  const lab = await started(createEc2([], vpns));
  const config = vpnConnections.config.parse({...lab.config, connections: ['vpn-1']});
  const {reader, close} = await vpnConnections.open(config, {name: 'vpn', signal});
  const check = (input: object = {}) => {
    const look: Look<any, any> = {
      input: vpnTunnelsUp.input.parse(input),
      targets: {vpn: reader},
      run: {id: 'r-1', entry: 'vpn', started: false},
      now,
      signal,
    };
    return vpnTunnelsUp.check(look);
  };
  return {
    ...{first, second, vpn, vpns, lab, reader, check},
    [Symbol.asyncDispose]: async () => {
      await close();
      await lab[Symbol.asyncDispose]();
    },
  };
}

const firstDown =
  'tunnel 203.0.113.1 is DOWN since 2026-01-01 00:00:00 UTC, 3 min: IPSEC IS DOWN (vpn-1)';

test('each tunnel is waited for, and with `one` a tunnel of each connection is enough', async () => {
  await using tried = await world();
  const {first, second, check} = tried;
  expect(await check()).toEqual({
    kind: 'done',
    output: {up: ['2 of 2 tunnels of vpn-1 are UP']},
  });
  Object.assign(first, down);
  expect(await check()).toMatchObject({kind: 'waiting', progress: firstDown});
  expect(await check({tunnels: 'one'})).toEqual({
    kind: 'done',
    output: {up: ['1 of 2 tunnels of vpn-1 are UP']},
    remarks: [`Ignored, because the connection has another tunnel: ${firstDown}.`],
  });
  Object.assign(second, down);
  expect(await check({tunnels: 'one'})).toMatchObject({
    kind: 'waiting',
    progress: `${firstDown}; ${firstDown.replace('.1 ', '.2 ')}`,
  });
});

test('a status that nobody knows is waited for, and routes that EC2 does not count are named', async () => {
  await using tried = await world();
  const {first, second, check} = tried;
  Object.assign(first, {status: 'UNKNOWN', statusMessage: ''});
  expect(await check()).toMatchObject({
    kind: 'waiting',
    progress: 'tunnel 203.0.113.1 is UNKNOWN since 2026-01-01 00:00:00 UTC, 3 min (vpn-1)',
  });
  Object.assign(first, {status: 'UP'});
  second.acceptedRouteCount = undefined;
  expect(await check()).toMatchObject({
    kind: 'done',
    remarks: ['EC2 does not say how many routes tunnel 203.0.113.2 has accepted over BGP (vpn-1).'],
  });
});

test('with BGP, a tunnel without an accepted route carries nothing; with static routes it does', async () => {
  await using tried = await world();
  const {first, second, vpn, check} = tried;
  Object.assign(first, down);
  second.acceptedRouteCount = 0;
  expect(await check({tunnels: 'one'})).toMatchObject({
    kind: 'waiting',
    progress: `${firstDown}; tunnel 203.0.113.2 is UP, but has accepted no route over BGP (vpn-1)`,
  });
  Object.assign(vpn, {staticRoutesOnly: true});
  expect(await check({tunnels: 'one'})).toMatchObject({kind: 'done'});
});

test('a connection that is missing or deleted blocks; an answer without it does not', async () => {
  await using tried = await world();
  const {vpn, vpns, check} = tried;
  expect(await check({connections: ['vpn-1', 'vpn-2']})).toMatchObject({
    kind: 'blocked',
    reason: 'vpn has no VPN connection vpn-2; it has vpn-1.',
  });
  vpn.state = 'pending';
  expect(await check()).toMatchObject({kind: 'waiting', progress: 'vpn-1 is pending'});
  vpn.state = 'deleted';
  expect(await check()).toMatchObject({
    kind: 'blocked',
    reason: 'VPN connection vpn-1 is deleted.',
  });
  vpns.isSilent = true;
  expect(await check()).toMatchObject({
    kind: 'waiting',
    progress: 'EC2 answers without vpn-1',
  });
});

test('preflight looks at the connections of the inventory, and names the right that is missing', async () => {
  await using tried = await world();
  const look = () => vpnPreflight.look(tried.reader, [], signal, () => {});
  expect((await look()).findings).toEqual([]);
  Object.assign(tried.first, down);
  expect((await look()).findings).toMatchObject([{check: 'vpn-tunnel-down', severity: 'warns'}]);
  Object.assign(tried.second, down);
  const both = (await look()).findings;
  expect(both.map(({check, severity}) => [check, severity])).toEqual([
    ['vpn-down', 'blocks'],
    ['vpn-down', 'blocks'],
  ]);
  const {faults} = tried.lab.endpoint;
  faults.add({service: 'ec2', operation: 'DescribeVpnConnections', kind: 'deny', times: 2});
  expect((await look()).findings[0]).toMatchObject({
    check: 'vpn-down',
    severity: 'warns',
    fix: 'Grant ec2:DescribeVpnConnections to the account.',
  });
});

test('the shared keys of a connection stay where they are', async () => {
  await using tried = await world();
  expect(JSON.stringify(await tried.reader.connection('vpn-1', signal))).not.toContain('lab-psk');
});
