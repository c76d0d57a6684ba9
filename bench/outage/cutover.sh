#!/usr/bin/env bash
# What a careful team writes: the night in one shell script, in the order in which it was planned. It stops at the first
# error, waits for positions and not for seconds, keeps its ssh connections, and arms the way back before it opens Aurora.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

db() { # PASSWORD HOST PORT USER STATEMENT
  MYSQL_PWD=$1 mysql --no-defaults --protocol=tcp -h "$2" -P "$3" -u "$4" -BN -e "$5"
}
source_db() { db "$LAB_SWITCHAROO_PASSWORD" "$LAB_DB1_ADDRESS" "$LAB_OPERATOR_SOURCE_PORT" switcharoo "$1"; }
replica_db() { db "$LAB_SWITCHAROO_PASSWORD" "$LAB_DB2_ADDRESS" "$LAB_OPERATOR_REPLICA_PORT" switcharoo "$1"; }
aurora_db() { db "$LAB_ADMIN_PASSWORD" 127.0.0.1 "$LAB_OPERATOR_AURORA_PORT" admin "$1"; }

on() { # HOST COMMAND
  local address=LAB_${1^^}_ADDRESS port=LAB_${1^^}_SSH_PORT
  ssh -n -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$LAB_KNOWN_HOSTS" \
    -o IdentitiesOnly=yes -i "$LAB_IDENTITY_FILE" -p "${!port}" -l deploy \
    -o ControlMaster=auto -o ControlPath="$work/$1" -o ControlPersist=60 -- "${!address}" "$2"
}
on_both() { on web1 "$1" & local first=$!; on web2 "$1"; wait "$first"; }

say() { echo "$(date +%T.%3N) $*"; }

say 'prepare: replicate, lower the TTL, wait it out'
aurora_db "CALL mysql.rds_set_external_source('$LAB_DB2_ADDRESS', $LAB_REPLICA_PORT, 'repl', '$LAB_REPL_PASSWORD',
  '$LAB_SEED_FILE', $LAB_SEED_POSITION, 0); CALL mysql.rds_set_read_only(1); CALL mysql.rds_start_replication"
aws point "$ZONE" "$SITE" 1 "$LAB_WEB1_ADDRESS" "$LAB_WEB2_ADDRESS"
sleep "$OLD_TTL"
read -r file position _ < <(replica_db 'SHOW MASTER STATUS')
[ "$(aurora_db "SELECT MASTER_POS_WAIT('$file', $position, 60)")" -ge 0 ]
for host in web1 web2 db1; do on "$host" true; done

say 'stop the web servers and the cron jobs'
on_both 'systemctl stop -- nginx.service shop.service'
on web1 'crontab -l -u shop' > "$work/crontab"
on web1 'crontab -r -u shop'
on web2 'systemctl stop -- shop-digest.timer'
jobs='ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm='
while on web1 "$jobs" | grep -q ' shop .*cron.service'; do sleep 0.2; done
while on web2 "$jobs" | grep -q shop-digest.service; do sleep 0.2; done

say 'freeze the source, and firewall it off'
source_db 'SET GLOBAL event_scheduler = OFF; SET SESSION lock_wait_timeout = 2; SET GLOBAL read_only = ON'
for id in $(source_db "SELECT id FROM information_schema.processlist WHERE user = 'shop'"); do
  source_db "KILL $id" || true
done
on db1 "iptables -I INPUT -p tcp -m tcp --dport $LAB_SOURCE_PORT -j REJECT --reject-with tcp-reset"
on db1 "iptables -I INPUT -s 127.0.0.1/32 -p tcp -m tcp --dport $LAB_SOURCE_PORT -j ACCEPT"

say 'catch up, hop by hop'
read -r file position _ < <(source_db 'SHOW MASTER STATUS')
[ "$(replica_db "SELECT MASTER_POS_WAIT('$file', $position, 60)")" -ge 0 ]
read -r replica_file replica_position _ < <(replica_db 'SHOW MASTER STATUS')
[ "$(aurora_db "SELECT MASTER_POS_WAIT('$replica_file', $replica_position, 60)")" -ge 0 ]
sleep 0.2
read -r file_now position_now _ < <(source_db 'SHOW MASTER STATUS')
[ "$file:$position" = "$file_now:$position_now" ]

say 'stop replication on Aurora, arm the way back'
aurora_db 'CALL mysql.rds_stop_replication; CALL mysql.rds_reset_external_source' > /dev/null
read -r file position _ < <(aurora_db 'SHOW MASTER STATUS')
source_db "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $LAB_AURORA_PORT, MASTER_USER = 'repl',
  MASTER_PASSWORD = '$LAB_REPL_PASSWORD', MASTER_LOG_FILE = '$file', MASTER_LOG_POS = $position, MASTER_CONNECT_RETRY = 1;
  START SLAVE"
aurora_db "CREATE DATABASE IF NOT EXISTS switcharoo; CREATE TABLE IF NOT EXISTS switcharoo.proof (id INT PRIMARY KEY);
  INSERT INTO switcharoo.proof VALUES (1)"
for ((tries = 0; tries < 100; tries += 1)); do
  [ "$(source_db 'SELECT COUNT(*) FROM switcharoo.proof' 2> /dev/null || echo 0)" = 1 ] && break
  sleep 0.1
done
[ "$(source_db 'SELECT COUNT(*) FROM switcharoo.proof')" = 1 ]

say 'open Aurora'
aurora_db 'CALL mysql.rds_set_read_only(0)'

say 'deploy'
aws deploy shop "$IMAGE" 127.0.0.1 "$LAB_AURORA_PORT" 2

say 'swap DNS, and see it'
aws point "$ZONE" "$SITE" 1 "$LAB_LOAD_BALANCER"
until [ "$(dig +short @"${LAB_RESOLVER%:*}" -p "${LAB_RESOLVER#*:}" "$SITE" A)" = "$LAB_LOAD_BALANCER" ]; do sleep 0.2; done

say 'test like crazy'
for _ in 1 2 3; do
  curl -fsS --resolve "$SITE:$LAB_WEB_PORT:$LAB_LOAD_BALANCER" "http://$SITE:$LAB_WEB_PORT/" | grep -q "$IMAGE"
done
[ "$(aurora_db 'SELECT COUNT(*) > 0 FROM shop.orders')" = 1 ]

say 'settle'
read -r file position _ < <(aurora_db 'SHOW MASTER STATUS')
[ "$(source_db "SELECT MASTER_POS_WAIT('$file', $position, 60)")" -ge 0 ]
aws point "$ZONE" "$SITE" "$OLD_TTL" "$LAB_LOAD_BALANCER"
source_db 'STOP SLAVE; RESET SLAVE ALL'
say 'done'
