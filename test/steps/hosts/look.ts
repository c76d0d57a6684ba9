import type {HostsAction, HostsReader, HostsWriter} from '../../../steps/hosts/contract.ts';

/** A look at some hosts, as the engine would give it to a step. */
export const lookAt = <Input>(hosts: HostsReader, input: Input, started = false) => ({
  input,
  targets: {hosts},
  run: {id: 'r-1', entry: 'stop', started},
  now: new Date(0),
  signal: new AbortController().signal,
});

/** Performs actions as the engine does: one after the other. */
export async function performAll(
  writer: HostsWriter,
  actions: readonly HostsAction[],
): Promise<void> {
  for (const action of actions) {
    await action.perform(writer, new AbortController().signal, () => {});
  }
}
