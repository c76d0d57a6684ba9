import type {PerHost} from '../target.ts';

/** `web1`, `web1 and web2`, `web1, web2 and web3` */
export function placesOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `shop.service on web1 and web2; shop-digest.timer on web3` */
export function valuesOn(those: PerHost<readonly string[]>): string {
  const hostsByValues = new Map<string, readonly string[]>();
  for (const {host, value} of those) {
    const values = value.join(', ');
    hostsByValues.set(values, [...(hostsByValues.get(values) ?? []), host]);
  }
  return [...hostsByValues].map(([values, hosts]) => `${values} on ${placesOf(hosts)}`).join('; ');
}
