import type {NameServer} from '../contract.ts';

/** Without its last dot, as people write a domain. */
export const plainName = (domain: string): string => domain.replace(/\.$/, '');

/** `ns1.shop.test (192.0.2.1), ns2.example.com`: as registrars expect them, without the last dot. */
export const serverText = (servers: readonly NameServer[]): string =>
  servers
    .map(({name, glue}) => `${plainName(name)}${glue.length > 0 ? ` (${glue.join(', ')})` : ''}`)
    .join(', ');

/** Names alone, sorted: the same text for the same name servers. */
export const serverNames = (servers: readonly NameServer[]): string =>
  servers
    .map(({name}) => plainName(name))
    .sort()
    .join(', ');
