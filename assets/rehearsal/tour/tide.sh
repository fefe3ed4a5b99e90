#!/bin/sh
# Prints how many hours it is until the next high tide.
# Use: sh tide.sh HOUR MINUTE     (the time now, as in: sh tide.sh 12 00)

# High tides of the day. NOTES.md says what the numbers are.
table='95 840'

if [ $# -ne 2 ]; then
    echo 'use: sh tide.sh HOUR MINUTE' >&2
    exit 2
fi

# A leading zero would make the shell read 08 as an octal number.
now=$(( ${1#0} * 60 + ${2#0} ))

for tide in $table; do
    if [ "$tide" -gt "$now" ]; then
        echo $(( tide - now ))
        exit 0
    fi
done
echo 'no more tide today'
