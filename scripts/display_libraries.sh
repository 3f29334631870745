#!/bin/sh
# The viewer's tests draw on a virtual screen. See to it that Xvfb and what Qt loads are there.
set -eu
[ "$(uname)" = Linux ] || exit 0

PATH=$PATH:/sbin:/usr/sbin # ldconfig is there, and not on every user's path
libraries="libGL.so.1=libgl1 libEGL.so.1=libegl1 libglib-2.0.so.0=libglib2.0-0
libxkbcommon.so.0=libxkbcommon0 libxkbcommon-x11.so.0=libxkbcommon-x11-0
libdbus-1.so.3=libdbus-1-3 libfontconfig.so.1=libfontconfig1 libxcb-cursor.so.0=libxcb-cursor0
libxcb-icccm.so.4=libxcb-icccm4 libxcb-image.so.0=libxcb-image0
libxcb-keysyms.so.1=libxcb-keysyms1 libxcb-randr.so.0=libxcb-randr0
libxcb-render-util.so.0=libxcb-render-util0 libxcb-shape.so.0=libxcb-shape0"

packages=
for pair in $libraries; do
    ldconfig -p | grep -q "${pair%=*}" || packages="$packages ${pair#*=}"
done
command -v Xvfb >/dev/null || packages="$packages xvfb"
command -v xauth >/dev/null || packages="$packages xauth"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # shellcheck disable=SC2086 # one word for each package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages
else
    echo "The tests need a virtual screen. On Debian: sudo apt-get install$packages" >&2
    exit 1
fi
