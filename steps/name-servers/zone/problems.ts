import type {Problem} from '../../../src/index.ts';

export const transferFailed = (facts: {
  readonly target: string;
  readonly domain: string;
  readonly said: string;
}): Problem => ({
  code: 'zone-transfer-failed',
  message: `No name server of ${facts.target} transfers the zone ${facts.domain} ${facts.said}.`,
  hint: 'Let this machine transfer it (allow-transfer, or the key that tsig names), or give the target a zone file or a list of names in the inventory.',
});

export const fileUnreadable = ({file, what}: {file: string; what: string}): Problem => ({
  code: 'zone-file-unreadable',
  message: `The zone file ${file} is not understood: ${what}.`,
  hint: 'Correct the line. $INCLUDE and $GENERATE are expanded by: named-compilezone -o EXPANDED DOMAIN FILE',
});

export const namesUnanswered = (facts: {
  readonly target: string;
  readonly question: string;
  readonly said: string;
}): Problem => ({
  code: 'zone-names-unanswered',
  message: `No name server of ${facts.target} answers ${facts.question}: ${facts.said}.`,
  hint: 'Correct the servers in the inventory, or let this machine ask them over UDP and TCP.',
});
