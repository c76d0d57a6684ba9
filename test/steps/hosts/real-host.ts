import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Session} from '../../../src/model/target.ts';
import type {HostsConfig, HostsReader, HostsWriter} from '../../../steps/hosts/contract.ts';
import {hostsConfig} from '../../../steps/hosts/shell/config.ts';
import {hostGroup} from '../../../steps/hosts/target.ts';
import {endWithTest} from '../../end-with-test.ts';
import {freePort} from '../../lab/mysql/databases.ts';

const found = (program: string): boolean =>
  ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(join(folder, program)));

/** Why tests on real hosts with these programs cannot run here, which is also printed; `undefined` when they can. */
export function whyNoHostWith(what: string, programs: readonly string[]): string | undefined {
  const missing = [...programs, 'sshd', 'unshare'].filter((program) => !found(program));
  const why =
    process.getuid?.() !== 0
      ? 'only root can give a host a file tree of its own'
      : missing.length > 0
        ? `${missing.join(', ')} is not installed`
        : canUnshare()
          ? undefined
          : 'this machine lets nobody make a mount namespace with an overlay';
  if (why !== undefined) {
    console.warn(`SKIPPED: the tests of ${what}: ${why}.`);
  }
  return why;
}

function canUnshare(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-overlay-'));
  try {
    const script = overlays(folder, ['/etc']);
    return (
      spawnSync('unshare', ['-mp', '--fork', '--mount-proc', 'sh', '-ec', script]).status === 0
    );
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** The real tree below, and whatever is written to it in a folder of the test's own. */
function overlays(folder: string, trees: readonly string[]): string {
  const mounts = trees.map((tree) => {
    const own = `${folder}/${tree.slice(1)}`;
    return `mkdir -p ${own}/upper ${own}/work
mount -t overlay overlay -o lowerdir=${tree},upperdir=${own}/upper,workdir=${own}/work ${tree}`;
  });
  return [`mount -t tmpfs -o mode=755 tmpfs ${folder}`, ...mounts].join('\n');
}

export interface RealHost {
  readonly session: Session<HostsReader, HostsWriter>;
  /** Its entry in an inventory. */
  readonly place: HostsConfig['hosts'][number];
  /** Runs a script as root on the host, as somebody who works there. */
  run(script: string): string;
  close(): Promise<void>;
}

export const testUser = 'switcharoo-test';

interface RealHostOptions {
  /** A script that runs on the host before its daemons start. */
  readonly prepare?: string;
  /** The daemons beside sshd. */
  readonly daemons?: string;
  /** A network of its own, with one cable to this machine: else the host has this machine's. */
  readonly cable?: Cable;
  /** A real systemd is process 1, and starts sshd and nothing else: `daemons` are not started. */
  readonly systemd?: boolean;
  /** More lines for sshd_config. */
  readonly sshd?: readonly string[];
}

/** Both ends of the cable between this machine and a host, with an address of each family. */
export interface Cable {
  readonly name: string;
  readonly here: string;
  readonly here6: string;
  readonly host: string;
  readonly host6: string;
}

/** Addresses that no other test uses at this time. */
export function newCable(): Cable {
  const [first, second] = [randomInt(200, 256), randomInt(0, 256)];
  const net6 = `fd77:${first.toString(16)}:${second.toString(16)}`;
  return {
    name: `sw${first.toString(16)}${second.toString(16)}`,
    here: `10.${first}.${second}.1`,
    host: `10.${first}.${second}.2`,
    here6: `${net6}::1`,
    host6: `${net6}::2`,
  };
}

/**
 * A host with Debian's own sshd, and what a test starts beside it, and an account of its own. It sees this machine's
 * files through an overlay, so that nothing that it writes is left, and its processes end with it.
 */
export async function startRealHost({
  prepare = '',
  daemons = cronAndSupervisor,
  cable,
  systemd = false,
  sshd = [],
}: RealHostOptions = {}): Promise<RealHost> {
  const address = cable?.host ?? '127.0.0.1';
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-host-'));
  const tree = join(folder, 'tree');
  const place = systemd ? placeInside : folder;
  const port = await freePort();
  mkdirSync(tree);
  for (const key of ['host', 'client']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  const publicKey = (key: string) => readFileSync(join(folder, `${key}.pub`), 'utf8').trim();
  const knownHosts = join(folder, 'known_hosts');
  const [type = '', body = ''] = publicKey('host').split(' ');
  writeFileSync(knownHosts, `[${address}]:${port} ${type} ${body}\n`);
  writeFileSync(join(folder, 'authorized_keys'), `${publicKey('client')}\n`, {mode: 0o600});
  writeFileSync(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      `ListenAddress ${address}`,
      `HostKey ${place}/host`,
      `AuthorizedKeysFile ${place}/authorized_keys`,
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      ...sshd,
    ].join('\n'),
  );
  const init = spawn(
    'unshare',
    [
      ...(systemd ? ['-mpiuC'] : [cable === undefined ? '-mp' : '-mpn']),
      ...['--fork', '--mount-proc', '--kill-child=KILL', 'sh', '-ec'],
      systemd
        ? systemdScript(folder, tree, prepare)
        : hostScript(folder, tree, prepare, daemons, cable),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // `--kill-child` ends all of the host with unshare.
  endWithTest(init);
  let said = '';
  for (const stream of [init.stdout, init.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = new Promise<void>((resolve) => init.once('exit', () => resolve()));
  const close = async () => {
    init.kill('SIGKILL');
    await ended;
    rmSync(folder, {recursive: true, force: true});
  };
  try {
    if (cable !== undefined) {
      plugIn(cable, init.pid ?? 0);
    }
    const inside = (script: string) =>
      spawnSync('nsenter', [...namespacesOf(init.pid ?? 0, systemd), 'sh', '-ec', script], {
        encoding: 'utf8',
      });
    await until(
      () =>
        systemd
          ? inside('systemctl is-active mini-sshd').stdout.trim() === 'active'
          : said.includes('@ready'),
      () => said,
      init,
    );
    const config = hostsConfig.parse({
      hosts: [
        {
          name: 'real1',
          address,
          port,
          user: 'root',
          identityFile: join(folder, 'client'),
          knownHostsFile: knownHosts,
        },
      ],
    });
    const session = await hostGroup.open(config, {
      name: 'web',
      signal: new AbortController().signal,
    });
    const [place] = config.hosts as [HostsConfig['hosts'][number]]; // One was given.
    return {
      session,
      place,
      run: (script) => {
        const {status, stdout, stderr} = inside(script);
        if (status !== 0) {
          throw new Error(`it ended with ${status}: ${stderr}${stdout}`);
        }
        return stdout;
      },
      close: async () => {
        await session.close();
        await close();
      },
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** The first process of the new process namespace: the only child of unshare. */
const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

const namespacesOf = (pid: number, systemd: boolean): readonly string[] => [
  ...['-t', `${childOf(pid)}`, '-m', '-p'],
  ...(systemd ? ['-i', '-u', '-C'] : ['-n']),
];

/** Lays the cable: `unshare` has moved itself into the new network before it has a child. */
function plugIn({name, here, here6}: Cable, pid: number): void {
  const script = `for try in $(seq 100); do
  if [ -n "$(cat /proc/${pid}/task/${pid}/children)" ]; then break; fi
  sleep 0.05
done
ip link add ${name} type veth peer name eth0 netns ${pid}
ip addr add ${here}/30 dev ${name}
ip -6 addr add ${here6}/64 dev ${name} nodad
ip link set ${name} up`;
  execFileSync('sh', ['-ec', script], {stdio: 'pipe'});
}

const networkOf = ({
  host,
  host6,
}: Cable) => `while ! ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip link set lo up
ip addr add ${host}/30 dev eth0
ip -6 addr add ${host6}/64 dev eth0 nodad
ip link set eth0 up`;

const cronAndSupervisor = `/usr/sbin/cron -f &
/usr/sbin/atd -f &
supervisord -n -c /etc/supervisor/supervisord.conf >/dev/null 2>&1 &
while ! supervisorctl pid >/dev/null 2>&1; do sleep 0.1; done`;

/** Where a host with systemd has its keys: it does not see the folder of the test. */
const placeInside = '/run/mini';

/**
 * A real systemd would clean up the machine: its own units empty /tmp, set kernel parameters, mount file systems.
 * So all of this machine that it sees is read-only or empty, none of its own units is wanted by anything, and it does
 * not start before that is tested.
 */
const sealScript = (folder: string, tree: string): string => `
${overlays(tree, ['/etc', '/var'])}
mount -t tmpfs tmpfs /run
mkdir -p ${placeInside} /run/sshd /run/lock
cp ${folder}/host ${folder}/authorized_keys ${folder}/sshd_config ${placeInside}
chmod 600 ${placeInside}/*
for place in /tmp /home /root /dev/shm /usr/lib/systemd/system/*.wants; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
chmod 1777 /tmp
printf '' > /etc/fstab
rm -rf /etc/systemd/system/*.wants /etc/systemd/system/*.service
for name in tmpfiles-setup tmpfiles-setup-dev tmpfiles-clean sysctl udevd udev-trigger modules-load remount-fs random-seed; do
  ln -sf /dev/null "/etc/systemd/system/systemd-$name.service"
done
umount -l /sys/fs/cgroup 2>/dev/null || true
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for place in /proc/sys /sys /dev /; do
  mountpoint -q "$place" || mount --bind "$place" "$place"
  mount -o remount,bind,ro "$place"
done
for place in / /usr /sys /dev /proc/sys; do
  if touch "$place/switcharoo-may-not" 2>/dev/null; then echo "$place is writable"; exit 1; fi
done
[ "$(ls -A /tmp /home /root | grep -v ':$' | grep -c .)" = 0 ] || { echo 'it sees files of this machine'; exit 1; }
`;

const systemdScript = (folder: string, tree: string, prepare: string): string => `
${sealScript(folder, tree)}
rm -rf /var/spool/cron/crontabs/* /var/spool/cron/atjobs/a* /etc/cron.d/* /etc/supervisor/conf.d/*
printf '' > /etc/crontab
mkdir -p /var/log/supervisor
id ${testUser} >/dev/null 2>&1 || useradd --no-create-home --home-dir / --shell /bin/sh ${testUser}
printf '[Unit]\\nDefaultDependencies=no\\n[Service]\\nExecStart=%s -D -e -f ${placeInside}/sshd_config\\n' "$(command -v sshd || echo /usr/sbin/sshd)" > /etc/systemd/system/mini-sshd.service
printf '[Unit]\\nDescription=mini\\nAllowIsolate=yes\\nWants=mini-sshd.service\\n' > /etc/systemd/system/mini.target
ln -sf /etc/systemd/system/mini.target /etc/systemd/system/default.target
${prepare}
export container=docker
exec /lib/systemd/systemd --system --unit=mini.target --log-target=console --show-status=0
`;

const hostScript = (
  folder: string,
  tree: string,
  prepare: string,
  daemons: string,
  cable: Cable | undefined,
): string => `
${overlays(tree, ['/etc', '/var', '/run'])}
rm -rf /var/spool/cron/crontabs/* /var/spool/cron/atjobs/a* /etc/cron.d/* /etc/supervisor/conf.d/*
printf '' > /etc/crontab
# A login must not take as long as this machine's own does.
profile="$(getent passwd 0 | cut -d: -f6)/.bashrc"
if [ -e "$profile" ]; then mount --bind /dev/null "$profile"; fi
mkdir -p /run/sshd /run/lock /var/log/supervisor
id ${testUser} >/dev/null 2>&1 || useradd --no-create-home --home-dir / --shell /bin/sh ${testUser}
rm -f /run/crond.pid /run/atd.pid /run/supervisor.sock /run/supervisord.pid
${cable === undefined ? '' : networkOf(cable)}
${prepare}
$(command -v sshd || echo /usr/sbin/sshd) -D -e -f ${folder}/sshd_config &
${daemons}
echo @ready
wait
`;

async function until(
  isThere: () => boolean,
  words: () => string,
  init: {readonly exitCode: number | null},
): Promise<void> {
  for (let tries = 0; !isThere(); tries += 1) {
    if (init.exitCode !== null || tries > 600) {
      throw new Error(`the real host did not start: ${words()}`);
    }
    await sleep(100);
  }
}
