# SPDX-License-Identifier: MIT
turn=0
while [ $turn -lt 20000 ]; do turn=$((turn + 1)); done
sleep 0.1
