import {defineRunbook} from 'switcharoo';
import {delegationLive, dnsView, dsExpired, nsTtlExpired, zonesMatch} from 'switcharoo/dns';
import {dnsZone} from 'switcharoo/name-servers';
import {changeDelegation, hostedZone, importZone, registrar, removeDs} from 'switcharoo/route53';
import {z} from 'zod';

const records = z.array(z.object({name: z.string(), type: z.string()})).default([]);

export default defineRunbook({
  name: 'move-name-servers',
  summary: 'Move a domain from its old name servers to Route 53.',
  params: z.object({
    /** Records that Route 53 cannot hold, or has better already: neither copied nor compared. */
    leaveOut: records,
    /** Compared beside all that the zones hold: names that only outsiders know. */
    probes: records,
    /** For a signed zone whose DS is gone already, and nobody knows since when. */
    dsTtlSeconds: z.coerce.number().int().default(86_400),
    /** On top of each TTL that is waited out: resolvers are not to the second. */
    ttlMarginSeconds: z.coerce.number().int().default(60),
  }),
  targets: {
    oldServers: dnsZone,
    newServers: dnsZone,
    parentZone: dnsZone,
    movingZone: hostedZone,
    registrar,
    dns: dnsView,
  },
})
  .phase('Copy')
  .step('import', importZone, {
    on: {old: 'oldServers', zone: 'movingZone', parent: 'parentZone'},
    input: ({params}) => ({leaveOut: params.leaveOut}),
  })
  .step('agree', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['import'],
  })
  .checkpoint('copied')

  .phase('Unsign')
  .step('remove-ds', removeDs, {
    on: {registrar: 'registrar', parent: 'parentZone', zone: 'movingZone', old: 'oldServers'},
    input: ({params}) => ({assumedTtlSeconds: params.dsTtlSeconds}),
  })
  .step('ds-gone', dsExpired, {
    on: {parent: 'parentZone', old: 'oldServers'},
    input: ({params, outputs, times}) => ({
      since: times['remove-ds'],
      ttlSeconds: outputs['remove-ds'].ttlSeconds,
      marginSeconds: outputs['remove-ds'].ttlSeconds > 0 ? params.ttlMarginSeconds : 0,
    }),
  })
  .checkpoint('unsigned')

  .phase('Move')
  .step('agree-again', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['ds-gone'],
  })
  .confirm('go', {
    question: 'Send the world to Route 53?',
    details: () => [
      'Until resolvers have forgotten the old name servers, every change belongs into both zones.',
      'Going back takes as long again.',
    ],
    after: ['agree-again'],
  })
  .step('delegate', changeDelegation, {
    on: {registrar: 'registrar', parent: 'parentZone', zone: 'movingZone', old: 'oldServers'},
    input: () => ({}),
    after: ['ds-gone'],
  })
  .step('delegated', delegationLive, {
    on: {parent: 'parentZone', new: 'newServers', zone: 'movingZone'},
    input: () => ({}),
    after: ['delegate'],
  })
  .checkpoint('moved')

  .phase('Settle')
  .step('drained', nsTtlExpired, {
    on: {parent: 'parentZone', zone: 'movingZone', dns: 'dns'},
    input: ({params, outputs, times}) => ({
      since: times.delegated,
      ttlSeconds: outputs.delegate.ttlSeconds,
      marginSeconds: params.ttlMarginSeconds,
    }),
  })
  .step('still-agree', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['drained'],
  })
  .confirm('accept', {
    question: 'Give the old name servers up? Until then going back is possible.',
    details: () => [
      'Some resolvers do not honour TTLs: let the old name servers answer for a week more.',
    ],
    after: ['still-agree'],
  })
  .pointOfNoReturn(
    'From here on the old name servers may be switched off: nothing leads back to them.',
  );
