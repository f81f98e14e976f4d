#!/usr/bin/env bash
# Install what some tests run against where it is present, and skip, counted, where it is not.
set -euo pipefail
packages=(chromium-headless-shell postgresql-15 postgresql-15-pgaudit)
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "This needs root on Debian: apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi
missing=()
for package in "${packages[@]}"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
    echo "All peers are here: ${packages[*]}"
    exit 0
fi
echo "Installing ${missing[*]}…"
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
# Tests start clusters of their own; Debian's must not come up by itself.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/countersign.conf
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
