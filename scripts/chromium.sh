#!/bin/sh
# Make sure that there is a chromium for the browser journeys, where that may be done.
# Without one the journeys are reported as not run; with CI=true that is a failure.
set -u

found() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
          command -v google-chrome >/dev/null 2>&1 || [ -n "${CHROMIUM:-}" ]; }

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-wqy-microhei
    found && exit 0
fi
echo "未找到 chromium，浏览器测试将不会运行（Debian：sudo apt install chromium）。" >&2
echo "There is no chromium, so the browser journeys will not run (Debian: sudo apt install chromium)." >&2
exit 0
