import type {RecordSet} from './record-set.ts';
import {AwsError, type XmlElements} from './replies.ts';
import {compareNames, storedName} from './route53-names.ts';
import {setTree} from './route53-xml.ts';
import {type Hosted, zoneTree} from './route53-zone.ts';

/** The hard cap of a page, whatever is asked for. */
const mostItems = 300;

/**
 * One page of ListResourceRecordSets: from the three-part place in `query`, which is where the last page said to go
 * on.
 */
export function recordSetsPage(sets: readonly RecordSet[], query: URLSearchParams): XmlElements {
  const name = query.get('name');
  const type = query.get('type') ?? '';
  if (type && !name) {
    throw new AwsError('InvalidInput', 'The request specified a type without a name.');
  }
  const setIdentifier = query.get('identifier') ?? '';
  const start = name ? {name: storedName(name), type, setIdentifier} : undefined;
  const ordered = [...sets].sort(compareSets);
  const rest = start ? ordered.filter((set) => compareSets(set, start) >= 0) : ordered;
  const size = itemsOf(query);
  const next = rest[size];
  return {
    ResourceRecordSets: {ResourceRecordSet: rest.slice(0, size).map(setTree)},
    IsTruncated: next !== undefined,
    NextRecordName: next?.name,
    NextRecordType: next?.type,
    NextRecordIdentifier: next?.setIdentifier,
    MaxItems: size,
  };
}

/** One page of ListHostedZones, by id. */
export function zonesPage(zones: readonly Hosted[], query: URLSearchParams): XmlElements {
  const size = itemsOf(query);
  const marker = query.get('marker') ?? '';
  const rest = [...zones].sort(compareIds).filter(({id}) => id >= marker);
  const next = rest[size];
  return {
    HostedZones: {HostedZone: rest.slice(0, size).map(zoneTree)},
    Marker: marker || undefined,
    IsTruncated: next !== undefined,
    NextMarker: next?.id,
    MaxItems: size,
  };
}

/**
 * One page of ListHostedZonesByName. Starts at a name and answers what follows too, in the order of reversed labels.
 */
export function zonesByNamePage(zones: readonly Hosted[], query: URLSearchParams): XmlElements {
  const start = query.get('dnsname');
  const startId = query.get('hostedzoneid') ?? '';
  const rest = [...zones]
    .sort((first, second) => compareNames(first.name, second.name) || compareIds(first, second))
    .filter(({name, id}) => {
      const order = start ? compareNames(name, storedName(start)) : 1;
      return order > 0 || (order === 0 && id >= startId);
    });
  const size = itemsOf(query);
  const next = rest[size];
  return {
    HostedZones: {HostedZone: rest.slice(0, size).map(zoneTree)},
    DNSName: start ?? undefined,
    HostedZoneId: startId || undefined,
    IsTruncated: next !== undefined,
    NextDNSName: next?.name,
    NextHostedZoneId: next?.id,
    MaxItems: size,
  };
}

const itemsOf = (query: URLSearchParams): number =>
  Math.min(Number(query.get('maxitems') ?? mostItems), mostItems);

function compareSets(first: RecordSet, second: RecordSet): number {
  return compareNames(first.name, second.name) || compareText(tail(first), tail(second));
}

const tail = ({type, setIdentifier}: RecordSet): string => `${type}\u0000${setIdentifier ?? ''}`;
const compareText = (first: string, second: string): number =>
  first < second ? -1 : first > second ? 1 : 0;
const compareIds = (first: Hosted, second: Hosted): number => compareText(first.id, second.id);
