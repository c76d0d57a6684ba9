import {writeFileSync} from 'node:fs';
import {type ClientsControl, type ClientsReport, controlOf} from './clients/protocol.ts';
import {RequestLog} from './clients/requests.ts';
import {programOf} from './program.ts';
import {type Site, siteName} from './site.ts';

/** Starts the clients that write the whole time; half of them read beside it. */
export function startClients(
  {network, ports, processes}: Site,
  count: number,
  resolver: {address: string; port: number},
  ledger: string,
): ClientsControl {
  const [command, ...args] = programOf('clients/main');
  const {child} = processes.spawn('clients', command, args, {
    ipc: true,
    env: {
      CLIENTS: String(count),
      READERS: String(Math.ceil(count / 2)),
      NAME: siteName,
      PORT: String(ports.web),
      RESOLVER: `${resolver.address}:${resolver.port}`,
      LEDGER: ledger,
      FROM: network.prefix,
    },
  });
  return controlOf(child);
}

const quiet: ClientsReport = {
  acknowledged: 0,
  refused: 0,
  unanswered: 0,
  outageMs: 0,
  outages: [],
  bySide: {},
  p50Ms: null,
  p99Ms: null,
  lastFailure: null,
  reads: {answered: 0, failed: 0, lastFailure: null},
  requests: {...new RequestLog().report(), failures: []},
};

/** A world in which nothing moves by itself. */
export function noClients(ledger: string): ClientsControl {
  writeFileSync(ledger, '', {mode: 0o600});
  const report = async () => quiet;
  return {pause: report, resume: report, report, stop: report};
}

/** A lab whose clients cannot write proves nothing: it is up only when they can. */
export async function firstWrite(control: ClientsControl): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const {acknowledged, lastFailure} = await control.report();
    if (acknowledged > 0) {
      return;
    }
    if (tries === 299) {
      throw new Error(`the lab's clients cannot write: ${lastFailure}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
