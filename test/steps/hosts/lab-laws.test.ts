import {lawsOfStep} from 'switcharoo/testing';
import {upstreamOf} from '../../../lab/app/upstream.ts';
import {closePort} from '../../../steps/hosts/close-port.ts';
import {hostsFile} from '../../../steps/hosts/file.ts';
import {forwardTraffic} from '../../../steps/hosts/forward-traffic.ts';
import {holdConnections} from '../../../steps/hosts/hold-connections.ts';
import {oneRequestAConnection} from '../../../steps/hosts/one-request-a-connection.ts';
import {releaseConnections} from '../../../steps/hosts/release-connections.ts';
import {stopAtJobs} from '../../../steps/hosts/stop-at-jobs.ts';
import {stopCrons} from '../../../steps/hosts/stop-crons.ts';
import {stopWebServers} from '../../../steps/hosts/stop-web-servers.ts';
import type {TriedHostOptions} from '../../lab/hosts/lab-host.ts';
import {freePort} from '../../lab/mysql/databases.ts';
import {pictureOf, startLabWorld} from './lab-world.ts';

const program: [string, string] = ['sleep', '1000'];

const proxyFile = '/etc/nginx/conf.d/shop.conf';
const upstream = {host: '127.0.0.1', port: 1};

const web1: TriedHostOptions = {
  name: 'web1',
  units: [
    {name: 'shop.service', command: program, restart: 'always'},
    {name: 'idle.service', command: program, enabled: false},
  ],
};

const web2: TriedHostOptions = {name: 'web2', units: [{name: 'shop.service', command: program}]};

const cron1: TriedHostOptions = {
  name: 'cron1',
  timers: [
    {name: 'digest.timer', starts: {name: 'digest.service', command: ['true']}, everyMs: 3_600_000},
  ],
  crontabs: {shop: "# the shop's: it's quoted\nTOKEN=s3cret\n*/5 * * * * true\n@daily true\n"},
  cronFiles: {clean: '5 4 * * * shop true\n'},
};

const proxy1: TriedHostOptions = {
  name: 'proxy1',
  // It lives through a reload, as a reverse proxy does.
  units: [{name: 'nginx.service', command: ['sh', '-c', "trap '' HUP; exec sleep 1000"]}],
  files: {[proxyFile]: upstreamOf(upstream)},
  proxyFile,
};

const world =
  (...hosts: readonly TriedHostOptions[]) =>
  async () => {
    const lab = await startLabWorld(...hosts);
    return {
      sessions: {hosts: lab.session},
      picture: async () => pictureOf(lab.tried, ['shop.service', 'idle.service', 'digest.timer']),
      close: () => lab.stop(),
    };
  };

lawsOfStep({
  step: stopWebServers,
  input: {units: ['shop.service', 'idle.service'], watchSeconds: 0},
  world: world(web1, web2),
  blockedWorld: world({name: 'web1'}),
});

lawsOfStep({
  step: stopCrons,
  input: {users: ['shop'], timers: ['digest.timer'], cronFiles: ['/etc/cron.d/clean']},
  world: world(cron1),
  blockedWorld: world({name: 'web1'}),
});

lawsOfStep({
  step: stopCrons,
  input: {users: 'every'},
  world: world({
    name: 'cron1',
    crontabs: {shop: '*/5 * * * * true\n', ops: '@daily true\n', idle: ''},
  }),
});

lawsOfStep({
  step: stopCrons,
  input: {cronFiles: ['/etc/crontab', '/etc/anacrontab', '/etc/cron.daily/clean']},
  world: world({
    name: 'cron1',
    files: {
      '/etc/crontab': '17 * * * * root run-parts /etc/cron.hourly\n',
      '/etc/anacrontab': '1 5 cron.daily run-parts /etc/cron.daily\n',
      '/etc/cron.daily/clean': '#!/bin/sh\nrm -f -- /srv/shop/tmp/x y z\n',
    },
  }),
});

lawsOfStep({
  step: stopAtJobs,
  input: {},
  world: world({name: 'at1', files: {'/var/spool/cron/atjobs/a0000101bd8a90': 'cd /\ntrue\n'}}),
});

lawsOfStep({
  step: closePort,
  input: {port: 3306, allowFrom: ['127.0.0.1', '10.0.0.5']},
  world: world({name: 'db1'}),
});

lawsOfStep({
  step: hostsFile,
  input: {
    file: proxyFile,
    text: 'upstream shop { server 127.0.0.1:2; }\n',
    reload: 'nginx.service',
  },
  world: world(proxy1),
  blockedWorld: world({name: 'web1'}),
});

lawsOfStep({
  step: forwardTraffic,
  input: {
    file: proxyFile,
    text: upstreamOf({...upstream, port: 2}),
    unit: 'nginx.service',
    test: ['nginx', '-t'],
  },
  world: world(proxy1),
  blockedWorld: world({name: 'web1'}),
});

// The same port of the system for each world: it is in the input.
const webPort = await freePort();
const held: TriedHostOptions = {
  name: 'web1',
  ports: [{port: webPort, to: {address: '127.0.0.1', port: 9}}],
};
const holdOfWeb = {ports: [webPort], maxHoldMs: 60_000};

lawsOfStep({step: holdConnections, input: holdOfWeb, world: world(held)});

lawsOfStep({
  step: releaseConnections,
  input: holdOfWeb,
  world: async () => {
    const lab = await startLabWorld(held);
    for (const host of lab.session.writer.hosts) {
      await host.holdConnections(
        'nft',
        holdOfWeb,
        1_000,
        {id: 'r-law'},
        new AbortController().signal,
      );
    }
    return {
      sessions: {hosts: lab.session},
      picture: async () => pictureOf(lab.tried, []),
      close: () => lab.stop(),
    };
  },
});

lawsOfStep({
  step: oneRequestAConnection,
  input: {
    proxy: 'nginx',
    file: '/etc/nginx/conf.d/switcharoo.conf',
    unit: 'nginx.service',
    test: ['nginx', '-t'],
  },
  world: world(proxy1),
  blockedWorld: world({name: 'web1'}),
});
