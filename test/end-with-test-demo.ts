import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {processGroup} from '../lab/hosts/process-group.ts';
import {Processes} from '../lab/processes.ts';
import {openDesk} from './cli/switcharoo.ts';
import {startRealHost} from './steps/hosts/real-host.ts';

// Starts what a test starts, prints the pid of each process that is not below this one, and waits to be killed.

const starts: Readonly<Record<string, () => Promise<readonly number[]>>> = {
  async processes() {
    const directory = mkdtempSync(join(tmpdir(), 'switcharoo-'));
    const {marker} = processGroup(`${directory}/web1`);
    const processes = new Processes(directory);
    processes.spawn('a "server", "pid":1', 'sleep', ['1000']);
    processes.spawn('shell', 'sh', ['-c', 'sleep 1000 & wait'], {env: marker});
    return [];
  },
  async lab() {
    const desk = openDesk();
    await desk.run('lab', 'up', '--clients', '2');
    const {pid} = JSON.parse(readFileSync(join(desk.stateFolder, 'lab.json'), 'utf8'));
    const run = desk.start('run', 'bare-metal-to-ecs', '-i', 'lab', '--yes', '--json');
    await run.said('entry-started');
    return [pid];
  },
  async host() {
    await startRealHost({daemons: '/usr/sbin/cron -f &'});
    return [];
  },
};

const pids = await starts[process.argv[2] ?? '']?.();
process.stdout.write(`${JSON.stringify(pids)}\n`);
setInterval(() => {}, 60_000);
