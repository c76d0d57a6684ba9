import {lawsOfStep} from 'switcharoo/testing';
import {closePort} from '../../../steps/hosts/close-port.ts';
import {dryHold} from '../../../steps/hosts/dry-hold.ts';
import {forwardTraffic} from '../../../steps/hosts/forward-traffic.ts';
import {holdConnections} from '../../../steps/hosts/hold-connections.ts';
import {oneRequestAConnection} from '../../../steps/hosts/one-request-a-connection.ts';
import {releaseConnections} from '../../../steps/hosts/release-connections.ts';
import {stopAtJobs} from '../../../steps/hosts/stop-at-jobs.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {stopSupervisorPrograms} from '../../../steps/hosts/stop-supervisor-programs.ts';
import {stopWebServers} from '../../../steps/hosts/stop-web-servers.ts';
import {type FakeHostState, FakeHosts} from './fake-hosts.ts';

const world =
  (...states: readonly FakeHostState[]) =>
  async () => {
    const fake = new FakeHosts(...states);
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  };

lawsOfStep({
  step: stopWebServers,
  input: {units: ['nginx.service', 'shop.service']},
  world: world(
    {
      name: 'web1',
      units: {'nginx.service': {}, 'shop.service': {activeState: 'inactive', dropInFolder: true}},
    },
    {name: 'web2', units: {'nginx.service': {}, 'shop.service': {unitFileState: 'disabled'}}},
  ),
  blockedWorld: world({name: 'web1', units: {'nginx.service': {}}}),
});

lawsOfStep({
  step: stopCrons,
  input: {users: ['shop', 'root'], timers: ['digest.timer'], cronFiles: ['/etc/cron.d/shop']},
  world: world(
    {
      name: 'web1',
      crontabs: {shop: 'MAILTO=ops\n* * * * * digest\n# off\n', root: null},
      files: {'/etc/cron.d/shop': '5 * * * * shop clean\n'},
    },
    {
      name: 'web2',
      crontabs: {shop: null, root: '@daily backup\n'},
      units: {
        'digest.timer': {triggers: ['digest.service']},
        'digest.service': {activeState: 'inactive'},
      },
    },
  ),
  blockedWorld: world({name: 'web1', crontabs: {root: null}}),
});

lawsOfStep({
  step: stopCrons,
  input: {users: 'every'},
  world: world({
    name: 'web1',
    crontabs: {shop: '* * * * * digest\n', ops: '@daily x\n', root: null},
  }),
});

lawsOfStep({
  step: stopAtJobs,
  input: {},
  world: world(
    {
      name: 'web1',
      files: {
        '/var/spool/cron/atjobs/a0000101bd8a90': 'one',
        '/var/spool/cron/atjobs/b0000201bd8a91': 'two',
      },
    },
    {name: 'web2'},
  ),
});

lawsOfStep({
  step: stopSupervisorPrograms,
  input: {programs: [{group: 'worker', file: '/etc/supervisor/conf.d/worker.conf'}]},
  world: world(
    {
      name: 'web1',
      groups: {
        worker: {
          file: '/etc/supervisor/conf.d/worker.conf',
          processes: {'worker:worker_00': 'RUNNING', 'worker:worker_01': 'STOPPED'},
        },
      },
    },
    {name: 'web2'},
  ),
  blockedWorld: world({name: 'web1'}),
});

lawsOfStep({
  step: closePort,
  input: {port: 3306, allowFrom: ['10.0.0.5', '2001:db8::5']},
  world: world(
    {
      name: 'db1',
      rules: {iptables: ['-P INPUT ACCEPT', '-A INPUT -p tcp -m tcp --dport 3306 -j LOG']},
    },
    {name: 'db2', rules: {ip6tables: ['-P INPUT ACCEPT']}},
  ),
  blockedWorld: world({
    name: 'db1',
    rules: {iptables: ['-P INPUT ACCEPT', '-N switcharoo-3306-0badcafe']},
  }),
});

lawsOfStep({
  step: forwardTraffic,
  input: {
    file: '/etc/nginx/conf.d/shop.conf',
    text: 'new',
    unit: 'nginx.service',
    test: ['nginx', '-t'],
  },
  world: world(
    {
      name: 'web1',
      units: {'nginx.service': {}},
      files: {'/etc/nginx/conf.d/shop.conf': 'old of web1'},
    },
    {
      name: 'web2',
      units: {'nginx.service': {}},
      files: {'/etc/nginx/conf.d/shop.conf': 'old of web2'},
    },
  ),
  blockedWorld: world({name: 'web1', units: {'nginx.service': {}}}),
});

lawsOfStep({
  step: holdConnections,
  input: {ports: [80, 443]},
  world: world({name: 'web1'}, {name: 'web2', holdWay: 'ipset'}),
  blockedWorld: world({name: 'web1', held: {'r-other': [443]}}),
});

lawsOfStep({
  step: releaseConnections,
  input: {ports: [80, 443]},
  world: world(
    {name: 'web1', held: {'r-law': [80, 443]}},
    {name: 'web2', held: {'r-law': [80, 443]}},
  ),
});

lawsOfStep({
  step: oneRequestAConnection,
  input: {
    proxy: 'nginx',
    file: '/etc/nginx/conf.d/switcharoo.conf',
    unit: 'nginx.service',
    test: ['nginx', '-t'],
  },
  world: world(
    {name: 'web1', units: {'nginx.service': {}}},
    {name: 'web2', units: {'nginx.service': {}}},
  ),
  blockedWorld: world({
    name: 'web1',
    units: {'nginx.service': {}},
    files: {'/etc/nginx/conf.d/switcharoo.conf': 'of somebody else'},
  }),
});

lawsOfStep({
  step: dryHold,
  input: {ports: [80, 443]},
  world: world({name: 'web1'}, {name: 'web2'}),
  blockedWorld: world({name: 'web1', holdWay: null}),
});
