import type {NoReply, Role} from '../contract.ts';

const texts: Readonly<Record<Role, string>> = {
  authoritative: 'authoritative server',
  resolver: 'resolver',
  parent: 'name server of the parent domain',
};

export const roleText = (role: Role): string => texts[role];

export const noReplyText = ({role, server, reason}: NoReply): string =>
  `${roleText(role)} ${server} does not answer (${reason})`;
