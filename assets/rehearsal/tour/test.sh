#!/bin/sh
# Three checks of tide.sh. Use: sh test.sh

cd "$(dirname "$0")" || exit 2
passed=0

check() {
    if [ "$2" = "$3" ]; then
        passed=$(( passed + 1 ))
        echo "ok    $1"
    else
        echo "FAIL  $1: expected '$3', got '$2'"
    fi
}

check 'after the last tide there is none' "$(sh tide.sh 23 00)" 'no more tide today'
check 'without a time it says how it is used' "$(sh tide.sh 2>&1)" 'use: sh tide.sh HOUR MINUTE'
check 'at 12:00 the next tide is 2 hours away' "$(sh tide.sh 12 00)" '2'

echo "$passed of 3"
[ "$passed" -eq 3 ]
