import {shopServers} from './name-servers.ts';
import type {Network} from './network.ts';
import {siteName} from './site.ts';

export const shopZoneId = 'Z0LABSHOP';
export const shopZoneName = 'shop.test.';
const ttlSeconds = 5;

/** Names that move with the site's own: the apex, whose IPv6 address has no successor, and a CNAME. */
export const otherNames = ['shop.test', 'api.shop.test'];

/** The hosted zone of the shop before the cutover: its names lead to both web hosts. */
export const shopZone = ({web1, web2}: Network) => ({
  id: shopZoneId,
  name: shopZoneName,
  nameServers: shopServers,
  records: [
    {name: `${siteName}.`, type: 'A', ttl: ttlSeconds, values: [web1, web2]},
    {name: shopZoneName, type: 'A', ttl: ttlSeconds, values: [web1, web2]},
    {name: shopZoneName, type: 'AAAA', ttl: ttlSeconds, values: ['2001:db8::11']},
    {name: `api.${shopZoneName}`, type: 'CNAME', ttl: ttlSeconds, values: [`${siteName}.`]},
    {name: `mail.${shopZoneName}`, type: 'A', ttl: 3_600, values: ['192.0.2.25']},
    {name: shopZoneName, type: 'TXT', ttl: 300, values: ['"v=spf1 -all"']},
  ],
});
