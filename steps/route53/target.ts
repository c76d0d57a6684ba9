import {defineTarget} from '../../src/index.ts';
import {arnOf, awsRemarks, awsRights, awsShares, type ResourcesOf} from '../aws/index.ts';
import {hostedZonePreflight, registrarPreflight} from './checks/zone.ts';
import {registrarConfig} from './registrar/config.ts';
import {openRegistrar, personText} from './registrar/registrar.ts';
import {hostedZoneConfig} from './zone/config.ts';
import {openHostedZone} from './zone/hosted-zone.ts';

/** A hosted zone of Route 53. */
export const hostedZone = defineTarget({
  kind: 'route53-zone',
  config: hostedZoneConfig,
  rights: async ({zoneId, ...aws}, needs, context) => [
    await awsRights(aws, needs, resourcesOf(zoneId), context),
  ],
  open: async (config, {name}) => ({
    ...openHostedZone(name, config),
    remarks: () => awsRemarks(config),
  }),
  preflight: hostedZonePreflight,
  shares: (written) => ({
    ...awsShares(written),
    zone: String(written['zoneId']).replace(/^\/hostedzone\//, ''),
    route53RequestsPerSecond: Number(written['requestsPerSecond'] ?? 5),
  }),
  ping: {
    what: 'call',
    send: async (zone, signal) => zone.setsAt([(await zone.domain(signal)).name], signal),
  },
});

/** The registrar of a domain. */
export const registrar = defineTarget({
  kind: 'registrar',
  config: registrarConfig,
  // IAM has no resource type for a single domain (Service Authorization Reference, Amazon Route 53 Domains).
  rights: async (config, needs, context) => [
    config.by === 'hand'
      ? {account: null, grants: [{form: 'words', text: personText(config)}], needs: []}
      : await awsRights(config, needs, () => ['*'], context),
  ],
  open: async (config, {name}) => ({
    ...openRegistrar(name, config),
    ...(config.by === 'hand' ? {} : {remarks: () => awsRemarks(config)}),
  }),
  preflight: registrarPreflight,
});

/** The resources of Route 53's actions (Service Authorization Reference, Amazon Route 53): no region, no account. */
const resourcesOf =
  (zoneId: string): ResourcesOf =>
  (action, place) =>
    action === 'route53:GetChange'
      ? [arnOf(place, 'route53', 'change/*')]
      : action.startsWith('route53:')
        ? [arnOf(place, 'route53', `hostedzone/${zoneId}`)]
        : ['*'];
