import {canonicalName} from 'switcharoo/name-servers';
import type {Zone} from './dns/zone.ts';
import type {Network} from './network.ts';

/** The load balancer's name, in a zone of AWS; `dualstack.` in front of it leads to the same addresses. */
const zoneName = 'us-east-1.elb.amazonaws.com.';
export const balancerDnsName = 'shop-1234567890.us-east-1.elb.amazonaws.com';
/** Of the load balancers of this region: an alias record names it. */
export const balancerZoneId = 'Z35SXDOTRQ7X7K';
/** 60 s at AWS. */
const ttlSeconds = 1;

/** What Route 53 knows of the load balancer when it answers an alias. */
export const balancerAnswer = ({loadBalancer}: Network, name: string, type: string) =>
  type === 'A' && names.includes(canonicalName(name))
    ? {ttl: ttlSeconds, values: [loadBalancer]}
    : undefined;

const names = [balancerDnsName, `dualstack.${balancerDnsName}`].map(canonicalName);

export const balancerZone = ({loadBalancer}: Network): Zone => ({
  name: zoneName,
  nameServers: ['ns-1.awsdns.test.'],
  records: names.map((name) => ({name, type: 'A', ttl: ttlSeconds, values: [loadBalancer]})),
});
