import {type CommandReply, failed, type HostCommand, notSupported, succeeded} from './command.ts';
import {type HoldSpan, HoldSpans} from './hold-spans.ts';

/** A table that holds ports: each element ends by itself, as the kernel's do. */
interface Table {
  readonly ports: Map<number, {readonly timeoutMs: number; readonly endsAt: number}>;
  /** First packets that it has dropped. */
  attempts: number;
}

const noSuchTable = 'Error: No such file or directory';

/** The nftables of a host, as far as tables that hold connections need it, with the formats of nft 1.0.6. */
export class Holds {
  #tables = new Map<string, Table>();
  readonly #spans = new HoldSpans();

  /** How long each port was held, in all that time. */
  spans(): readonly HoldSpan[] {
    return this.#spans.spans();
  }

  /** Whether the first packet of a connection to the port is dropped now. */
  drops(port: number): boolean {
    const holding = [...this.#tables.values()].filter((table) => isHeld(table, port));
    for (const table of holding) {
      table.attempts += 1;
    }
    return holding.length > 0;
  }

  isHeld(port: number): boolean {
    return [...this.#tables.values()].some((table) => isHeld(table, port));
  }

  nft(command: HostCommand): CommandReply {
    const [verb, ...rest] = command.args.filter((argument) => argument !== '-nn');
    const words = rest.join(' ');
    if (verb === '-f' || (verb === '-c' && words === '-f -')) {
      return this.#file(command, verb === '-c');
    }
    if (verb === 'list' && words === 'tables inet') {
      return succeeded([...this.#tables.keys()].map((name) => `table inet ${name}\n`).join(''));
    }
    const [, name] = /^table inet (\w+)$/.exec(words) ?? [];
    const table = name === undefined ? undefined : this.#tables.get(name);
    if (name === undefined || (verb !== 'list' && verb !== 'delete')) {
      return notSupported(command);
    }
    if (table === undefined) {
      return failed(noSuchTable);
    }
    if (verb === 'delete') {
      this.#tables.delete(name);
      this.#noteReleased(table);
      return succeeded();
    }
    return succeeded(tableText(name, table));
  }

  /** All of the commands, or none. */
  #file(command: HostCommand, isTest: boolean): CommandReply {
    const tables = new Map(
      [...this.#tables].map(([name, table]) => [name, {...table, ports: new Map(table.ports)}]),
    );
    for (const line of command.input.split('\n').filter(Boolean)) {
      if (!change(tables, line)) {
        return notSupported({name: 'nft', args: [line]});
      }
    }
    if (!isTest) {
      const earlier = this.#tables;
      this.#tables = tables;
      this.#noteArmed(earlier);
      for (const table of earlier.values()) {
        this.#noteReleased(table);
      }
    }
    return succeeded();
  }

  #noteArmed(earlier: ReadonlyMap<string, Table>): void {
    for (const [name, {ports}] of this.#tables) {
      for (const [port, element] of ports) {
        if (earlier.get(name)?.ports.get(port) !== element) {
          this.#spans.armed(port, element.timeoutMs);
        }
      }
    }
  }

  #noteReleased({ports}: Table): void {
    for (const port of ports.keys()) {
      this.#spans.released(port, this.isHeld(port));
    }
  }
}

const isHeld = ({ports}: Table, port: number) => (ports.get(port)?.endsAt ?? 0) > performance.now();

function change(tables: Map<string, Table>, line: string): boolean {
  const [, verb, what, name = '', rest = ''] =
    /^(add|delete) (table|set|chain|rule|element) inet (\w+)(.*)$/.exec(line) ?? [];
  switch (`${verb} ${what}`) {
    case 'add table':
      tables.set(name, tables.get(name) ?? {ports: new Map(), attempts: 0});
      return true;
    case 'delete table':
      return tables.delete(name);
    case 'add set':
    case 'add chain':
      return tables.has(name);
    case 'add rule':
      return rest.endsWith('tcp dport @ports tcp flags & (syn | ack) == syn counter drop');
    case 'add element':
      return addElements(tables.get(name), rest);
    default:
      return false;
  }
}

function addElements(table: Table | undefined, text: string): boolean {
  const elements = [...text.matchAll(/(\d+) timeout (?:(\d+)s)?(?:(\d+)ms)?/g)];
  for (const [, port, seconds = '0', ms = '0'] of elements) {
    const timeoutMs = Number(seconds) * 1_000 + Number(ms);
    table?.ports.set(Number(port), {timeoutMs, endsAt: performance.now() + timeoutMs});
  }
  return table !== undefined && elements.length > 0;
}

function tableText(name: string, {ports, attempts}: Table): string {
  const elements = [...ports]
    .map(([port, {timeoutMs, endsAt}]) => ({port, timeoutMs, leftMs: endsAt - performance.now()}))
    .filter(({leftMs}) => leftMs > 0)
    .map(
      ({port, timeoutMs, leftMs}) =>
        `${port} timeout ${timeText(timeoutMs)} expires ${timeText(Math.ceil(leftMs))}`,
    );
  const set = elements.length === 0 ? '' : `\t\telements = { ${elements.join(', ')} }\n`;
  return `table inet ${name} {
\tset ports {
\t\ttype inet_service
\t\tflags timeout
${set}\t}

\tchain hold {
\t\ttype filter hook input priority filter - 10; policy accept;
\t\ttcp dport @ports tcp flags syn / syn,ack counter packets ${attempts} bytes ${attempts * 60} drop
\t}
}
`;
}

const timeText = (ms: number) =>
  [ms >= 1_000 ? `${Math.floor(ms / 1_000)}s` : '', ms % 1_000 > 0 ? `${ms % 1_000}ms` : ''].join(
    '',
  );
