#!/bin/sh
# Installs what tests/support/needs.py looks for: Debian's own packages, nothing else. Run by `make test-deps`.
set -eu
if ! command -v apt-get >/dev/null; then
  echo "make test-deps knows Debian and Ubuntu only; see tests/support/needs.py for what the tests look for." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "make test-deps installs Debian packages and needs root: sudo make test-deps" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
  chromium curl docker-compose fonts-noto-core gcc gettext git iproute2 libc6-dev make nftables nginx-light openssl \
  postgresql prometheus prometheus-alertmanager python3-venv snmpd strace systemd unbound >/dev/null
