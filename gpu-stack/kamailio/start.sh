#!/bin/sh
# Starts Kamailio in its container. SIP_ADDRESS: the address or interface that callers and bots reach it at; by default
# that of the default route. HTTP_ADDRESS: where probes and Prometheus reach it. Arguments go to Kamailio.
set -eu
# Kamailio writes the address it listens at into its messages: with 0.0.0.0 nobody would find the way back.
address=${SIP_ADDRESS:-$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)}
: "${address:?there is no default route: set SIP_ADDRESS to the address that callers and bots reach Kamailio at}"
exec kamailio -DD -E -f /etc/kamailio/kamailio.cfg -m 128 -M 8 -w /tmp -Y /run/kamailio \
  -A "SIP_UDP=udp:$address:5060" -A "SIP_TCP=tcp:$address:5060" -A "HTTP=tcp:${HTTP_ADDRESS:-0.0.0.0}:9494" "$@"
