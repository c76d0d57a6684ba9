import type {Problem} from '../../../src/index.ts';

export const transferFailed = (facts: {
  readonly target: string;
  readonly domain: string;
  readonly refusals: string;
}): Problem => ({
  code: 'zone-transfer-failed',
  message: `The zone ${facts.domain} cannot be transferred from any name server of ${facts.target}: ${facts.refusals}.`,
  hint: 'Allow this machine to transfer it (allow-transfer, or the key of tsig), or set zoneFile or names of the target in the inventory.',
});

export const fileUnreadable = ({file, what}: {file: string; what: string}): Problem => ({
  code: 'zone-file-unreadable',
  message: `The zone file ${file} cannot be read: ${what}.`,
  hint: 'Correct the line. $INCLUDE and $GENERATE are expanded by: named-compilezone -o EXPANDED DOMAIN FILE',
});

export const noZoneFile = (facts: {
  readonly file: string;
  readonly domain: string;
  readonly what: string;
}): Problem => ({
  code: 'zone-file-no-zone',
  message: `The file ${facts.file} is not a zone file of ${facts.domain}: ${facts.what}.`,
  hint: 'Export the zone again as a zone file with its SOA record. Or remove zoneFile from the inventory, and allow this machine to transfer the zone.',
});

export const namesUnanswered = (facts: {
  readonly target: string;
  readonly question: string;
  readonly reason: string;
}): Problem => ({
  code: 'zone-names-unanswered',
  message: `No name server of ${facts.target} answers ${facts.question}: ${facts.reason}.`,
  hint: 'Correct the servers in the inventory, or allow this machine to query them over UDP and TCP.',
});
