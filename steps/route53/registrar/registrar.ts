import type {RegistrarConfig, RegistrarReader, RegistrarWriter} from '../contract.ts';
import {openDomain} from './api.ts';
import {manualRegistrar} from './manual.ts';
import {plainName} from './server-text.ts';

interface OpenedRegistrar {
  readonly reader: RegistrarReader;
  readonly writer: RegistrarWriter;
  close(): Promise<void>;
}

/** `name` is the target's name in the inventory. */
export function openRegistrar(name: string, config: RegistrarConfig): OpenedRegistrar {
  const domain = `${plainName(config.domain.toLowerCase())}.`;
  if (config.by === 'hand') {
    const writer = manualRegistrar(name, domain, config.registrar);
    return {reader: writer, writer, close: async () => {}};
  }
  return openDomain({name, domain, aws: config});
}

/** Whose help an operator needs where no account of AWS is involved. */
export const personText = ({
  domain,
  registrar,
}: {
  readonly domain: string;
  readonly registrar: string;
}): string =>
  `a person who may change name servers and DS records of ${plainName(domain)} at ${registrar}`;
