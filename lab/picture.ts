import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {keyOf} from './aws/record-set.ts';
import type {Route53} from './aws/route53.ts';
import {proxyFile} from './bare-metal.ts';
import {movingDomain, movingZoneId} from './name-servers.ts';
import {type World, zoneId} from './world.ts';

/** What the lab looks like from outside, as plain data: two pictures of an unchanged world are equal. */
export async function pictureOf({databases, hosts, route53, names, loadBalancer}: World) {
  const servers = {source: databases.source, replica: databases.replica, aurora: databases.aurora};
  const perServer = Object.entries(servers).map(async ([name, server]) => {
    const [settings] = await server.query(
      'SELECT @@read_only AS readOnly, @@event_scheduler AS events',
    );
    const [status] = await server.query('SHOW SLAVE STATUS');
    return [
      name,
      {
        readOnly: settings?.['readOnly'] === 1,
        events: settings?.['events'],
        follows: status ? `${status['Master_Host']}:${status['Master_Port']}` : null,
        threads: status ? `${status['Slave_IO_Running']}/${status['Slave_SQL_Running']}` : null,
      },
    ] as const;
  });
  return {
    databases: Object.fromEntries(await Promise.all(perServer)),
    records: recordsOf(route53, zoneId),
    moving: {
      domain: names.domains.published(movingDomain),
      records: recordsOf(route53, movingZoneId),
    },
    units: Object.fromEntries(
      hosts.map((host) => [
        host.name,
        Object.fromEntries(
          ['shop.service', 'nginx.service', 'shop-digest.timer'].map((unit) => [
            unit,
            host.unitState(unit),
          ]),
        ),
      ]),
    ),
    proxies: hosts.map(({root}) => join(root, proxyFile)).map(textOf),
    targets: loadBalancer.targets().map(({address, state}) => `${address} ${state}`),
  };
}

const recordsOf = (route53: Route53, zone: string) =>
  [...route53.listed(zone)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);
