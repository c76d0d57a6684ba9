import {preflightOf} from '../../../src/index.ts';
import type {DnsReader} from '../contract.ts';

/** Whether the name servers answer from here. Any answer counts: a server need not have the root zone. */
export const dnsPreflight = preflightOf<DnsReader>([
  {
    name: 'name-server-silent',
    severity: 'warns',
    expects: 'Every authoritative server and resolver of the inventory answers from here.',
    consequence: 'The gates that ask it wait, and do not open.',
    fix: 'Correct its address in the inventory, or let UDP and TCP port 53 through to it.',
    find: async (dns, signal) => {
      const question = {name: '.', type: 'SOA'};
      const replies = [
        ...(await dns.ask(question, signal)),
        ...(await dns.askParents(question, signal)),
      ];
      return replies.flatMap((reply) =>
        reply.kind === 'reply' ? [] : [{is: `${reply.server} does not answer: ${reply.reason}`}],
      );
    },
  },
]);
