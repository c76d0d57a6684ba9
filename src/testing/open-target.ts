import type {Session, TargetKind} from '../model/target.ts';

/**
 * Opens a target as a run does: `config` is what the inventory says, references resolved. The same code then works on a
 * server of the test: on one of `@switcharoo/lab/testing`, on a folder, on a small web server.
 */
export async function openTarget<Reader, Writer extends Reader>(
  kind: TargetKind<string, Reader, Writer>,
  config: unknown,
  name = kind.kind,
): Promise<Session<Reader, Writer>> {
  const {signal} = new AbortController();
  return kind.open(kind.config.parse(config), {name, signal});
}
