import type {DnssecKey, Nameserver} from '@aws-sdk/client-route-53-domains';
import type {NameServer} from '../contract.ts';
import type {SigningKey} from './signing-key.ts';

export const serverFromApi = ({Name = '', GlueIps = []}: Nameserver): NameServer => ({
  name: `${Name.toLowerCase().replace(/\.$/, '')}.`,
  glue: [...GlueIps].sort(),
});

export const serverToApi = ({name, glue}: NameServer): Nameserver => ({
  Name: name.replace(/\.$/, ''),
  ...(glue.length > 0 && {GlueIps: [...glue]}),
});

export const keyFromApi = ({Flags = 0, Algorithm = 0, PublicKey = ''}: DnssecKey): SigningKey => ({
  flags: Flags,
  algorithm: Algorithm,
  publicKey: PublicKey,
});

export const byName = (first: NameServer, second: NameServer): number =>
  first.name < second.name ? -1 : 1;

/** 0 for equal keys. */
export const compareKeys = (first: SigningKey, second: SigningKey): number =>
  [first.flags - second.flags, first.algorithm - second.algorithm].find((order) => order !== 0) ??
  (first.publicKey < second.publicKey ? -1 : first.publicKey > second.publicKey ? 1 : 0);
