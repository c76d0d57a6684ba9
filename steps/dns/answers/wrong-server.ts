import {type Blocked, blocked} from '../../../src/index.ts';
import {canonicalName, type Question} from '../../name-servers/index.ts';
import type {NoReply, Reply} from '../contract.ts';
import {roleText} from './role-text.ts';

const listTexts = {
  authoritative: 'authoritative servers',
  resolver: 'resolvers',
  parent: 'parents',
} as const;

/** Servers that waiting does not help with: one does not hold the zone, or refuses to answer this machine. */
export function wrongServer(
  replies: readonly (Reply | NoReply)[],
  {name}: Question,
): Blocked | undefined {
  for (const reply of replies) {
    const fault = reply.kind === 'reply' ? faultOf(reply) : undefined;
    if (fault !== undefined) {
      return blocked(
        `The ${roleText(reply.role)} ${reply.server} ${fault} ${canonicalName(name)}`,
        `Correct the list of ${listTexts[reply.role]} of the dns target in the inventory, or the name.`,
      );
    }
  }
  return undefined;
}

function faultOf({rcode, role, authoritative}: Reply): string | undefined {
  if (rcode === 'REFUSED' || rcode === 'NOTIMP' || rcode === 'FORMERR') {
    return `answers ${rcode} to questions for`;
  }
  return role === 'authoritative' && !authoritative && rcode !== 'SERVFAIL'
    ? 'answers without authority (AA) for'
    : undefined;
}
