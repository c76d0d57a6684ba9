import {preflightOf} from '../../../src/index.ts';
import type {RegistrarReader, ZoneReader} from '../contract.ts';

/** Whether a hosted zone can be changed by this account alone. */
export const hostedZonePreflight = preflightOf<ZoneReader>([
  {
    name: 'zone-owned-by-service',
    severity: 'blocks',
    expects: 'No AWS service owns the hosted zone.',
    consequence: 'Route 53 refuses changes of its records.',
    fix: 'Change the records with the service that owns the zone, or correct zoneId in the inventory.',
    find: async (zone, signal) => {
      const {name, ownedBy} = await zone.domain(signal);
      return ownedBy === undefined ? [] : [{is: `${ownedBy} owns the zone of ${name}`}];
    },
  },
]);

/** Whether a registrar would take a change. */
export const registrarPreflight = preflightOf<RegistrarReader>([
  {
    name: 'registration-locked',
    severity: 'blocks',
    expects: 'No status of the domain forbids changes.',
    consequence: 'The registrar refuses to change the name servers.',
    fix: 'Remove the status at the registrar.',
    find: async (registrar, signal) => {
      const locked = (await registrar.registration(signal))?.locked;
      return locked === undefined
        ? []
        : [{is: `${registrar.domain} at ${registrar.provider} has the status ${locked}`}];
    },
  },
  {
    name: 'registration-in-change',
    severity: 'blocks',
    expects: 'No earlier change of the domain is unfinished.',
    consequence: 'The registrar refuses a second one until then.',
    fix: 'Wait until it is finished.',
    find: async (registrar, signal) => {
      const pending = await registrar.pendingOperation(signal);
      return pending === undefined ? [] : [{is: `${registrar.domain}: ${pending}`}];
    },
  },
]);
