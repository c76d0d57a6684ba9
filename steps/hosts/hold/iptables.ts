import {sh} from '../shell/quote.ts';
import {defineClock, type HoldScripts, holdPrefix} from './scripts.ts';

// Rules of iptables never end by themselves: what removes them is started before them. It is a timer of systemd, or a
// process in a session of its own, which ends neither with ssh nor with the shell. It removes the rules with its own
// end time alone, so that an earlier one does nothing to a hold that was armed again.

/** A file of its own shows each hold: the rules of every host need not be listed in every check. */
const markFolder = '/run';

const eachFamily = (script: string) =>
  `for family in iptables ip6tables; do
  if [ "$family" = ip6tables ] && [ ! -e /proc/net/if_inet6 ]; then continue; fi
  ${script}
done`;

/** Removes the rules whose comment begins with the words in `$1`. */
const removeScript =
  eachFamily(`while rule=$("$family" -w 10 -S INPUT | grep -m 1 -F -e "--comment $1"); do
    "$family" -w 10 -D \${rule#-A } || break
  done`);

/** The first argument is `$1` of the script. */
const remove = (words: string) => `sh -c ${sh`${removeScript}`} switcharoo ${words}`;

const sleepScript = `sleep "$2"
${removeScript}`;

const startTimer = (maxHoldMs: number) =>
  `if [ -d /run/systemd/system ]; then
  systemd-run --quiet --on-active=${maxHoldMs}ms --timer-property=AccuracySec=1ms --unit="$tag" sh -c ${sh`${removeScript}`} switcharoo "$tag"
else
  setsid sh -c ${sh`${sleepScript}`} switcharoo "$tag" ${maxHoldMs / 1_000} </dev/null >/dev/null 2>&1 &
  kill -0 $!
fi`;

const rule = (port: number) => `-p tcp --dport ${port} --syn -m comment --comment "$tag" -j DROP`;

export const iptables: HoldScripts = {
  // It changes nothing, so it shows that the programs work, and not that the kernel takes the rule.
  isUsable: () =>
    'command -v iptables >/dev/null && iptables -w 10 -m comment -h >/dev/null 2>&1 && iptables -w 10 -S INPUT >/dev/null 2>&1 && { [ -d /run/systemd/system ] || command -v setsid >/dev/null; }',
  arm: (name, {ports, maxHoldMs}) =>
    `${defineClock}
clock
tag=${name}_$((now + ${maxHoldMs}))
: > ${markFolder}/${name}
earlier=$(${eachFamily(`"$family" -w 10 -S INPUT`)} | sed -n 's/.*--comment \\(${name}_[0-9]*\\) .*/\\1/p' | sort -u)
${startTimer(maxHoldMs)}
${eachFamily(ports.map((port) => `"$family" -w 10 -I INPUT 1 ${rule(port)}`).join('\n  '))}
for each in $earlier; do
  if [ "$each" != "$tag" ]; then ${remove('"$each"')}; fi
done`,
  release: (name) =>
    `if command -v iptables >/dev/null; then ${remove(`${name}_`)}; fi
if [ -d /run/systemd/system ]; then systemctl stop '${name}_*.timer' 2>/dev/null || :; fi
rm -f ${markFolder}/${name}`,
  read: (prefix) =>
    `for mark in ${markFolder}/${prefix}*; do
  if [ -e "$mark" ]; then
    ${defineClock}
    clock
    name=\${mark##*/}
    echo "hold iptables $name clock $now $(${eachFamily(`echo family; "$family" -w 10 -S INPUT 2>/dev/null | grep -F -e "--comment \${name}_" || :`)} | tr '\\n' ' ')"
  fi
done`,
  stateIn: (text) => ({ports: portsIn(text), attempts: null}),
};

/** Only those that are held in every family. */
function portsIn(text: string) {
  const now = Number(/^clock (\d+)/.exec(text)?.[1] ?? 0);
  const [first = [], ...others] = text
    .split('family')
    .slice(1)
    .map((rules) =>
      [...rules.matchAll(heldPort)].map(([, port, end]) => ({port: Number(port), end})),
    );
  return first
    .filter(({port}) => others.every((other) => other.some((held) => held.port === port)))
    .map(({port, end}) => ({port, leftMs: Math.max(0, Number(end) - now)}));
}

const heldPort = new RegExp(`--dport (\\d+) .*?--comment ${holdPrefix}[0-9a-f]+_(\\d+)`, 'g');
