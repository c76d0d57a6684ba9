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
    /** Records that Route 53 cannot hold, or already has in a better form: neither copied nor compared. */
    leaveOut: records,
    /** Compared too: names that cannot be read from the old zone. */
    probes: records,
    /** For a signed zone whose DS was removed at an unknown time. */
    dsTtlSeconds: z.coerce.number().int().default(86_400),
    /** Added to each TTL that the run waits for: resolvers are not exact to the second. */
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
  .step('match', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['import'],
  })
  .checkpoint('copied')

  .phase('Unsign')
  .step('remove-ds', removeDs, {
    on: {registrar: 'registrar', parent: 'parentZone', zone: 'movingZone', old: 'oldServers'},
    input: ({params}) => ({assumedTtlSeconds: params.dsTtlSeconds}),
    requires: ['match'],
  })
  .step('ds-expired', dsExpired, {
    on: {parent: 'parentZone', old: 'oldServers'},
    input: ({params, outputs, times}) => ({
      since: times['remove-ds'],
      ttlSeconds: outputs['remove-ds'].ttlSeconds,
      marginSeconds: outputs['remove-ds'].ttlSeconds > 0 ? params.ttlMarginSeconds : 0,
    }),
  })
  .checkpoint('unsigned')

  .phase('Move')
  .step('match-again', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['ds-expired'],
  })
  .confirm('go', {
    question: 'Delegate the domain to Route 53?',
    details: () => [
      'Until the old NS records have expired in resolvers, make every DNS change in both zones.',
      'A reversal takes just as long.',
    ],
    after: ['match-again'],
  })
  .step('delegate', changeDelegation, {
    on: {registrar: 'registrar', parent: 'parentZone', zone: 'movingZone', old: 'oldServers'},
    input: () => ({}),
    after: ['ds-expired'],
    requires: ['go'],
  })
  .step('delegation-live', delegationLive, {
    on: {parent: 'parentZone', new: 'newServers', zone: 'movingZone'},
    input: () => ({}),
    after: ['delegate'],
  })
  .checkpoint('moved')

  .phase('Settle')
  .step('ns-ttl-expired', nsTtlExpired, {
    on: {parent: 'parentZone', zone: 'movingZone', dns: 'dns'},
    input: ({params, outputs, times}) => ({
      since: times['delegation-live'],
      ttlSeconds: outputs.delegate.ttlSeconds,
      marginSeconds: params.ttlMarginSeconds,
    }),
  })
  .step('still-match', zonesMatch, {
    on: {old: 'oldServers', new: 'newServers', zone: 'movingZone'},
    input: ({params}) => ({leaveOut: params.leaveOut, probes: params.probes}),
    after: ['ns-ttl-expired'],
  })
  .confirm('accept', {
    question: 'Retire the old name servers?',
    details: () => [
      'Some resolvers do not honour TTLs: keep the old name servers running for another week.',
    ],
    after: ['still-match'],
  })
  .pointOfNoReturn(
    'From here on the old name servers may be switched off, and the domain cannot return to them.',
  );
