import type {PerHost} from './per-host.ts';

/** `web1`, `web1 and web2`, `web1, web2 and web3` */
export function listText(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `web1 and web2` */
export const hostsText = (values: PerHost<unknown>): string =>
  listText(values.map(({host}) => host));

/** `shop.service on web1 and web2; shop-digest.timer on web3` */
export function valuesText(values: PerHost<readonly string[]>): string {
  const hostsByNames = new Map<string, readonly string[]>();
  for (const {host, value} of values) {
    const names = value.join(', ');
    hostsByNames.set(names, [...(hostsByNames.get(names) ?? []), host]);
  }
  return [...hostsByNames].map(([names, hosts]) => `${names} on ${listText(hosts)}`).join('; ');
}

/** `1 job`, `2 jobs` */
export const countText = (count: number, noun: string): string =>
  `${count} ${count === 1 ? noun : `${noun}s`}`;
