#!/usr/bin/env bash
# LangGraph's how-to "Copying Threads" with cURL, jq and diff: create a thread, run, copy, verify.
#
#   guide.sh <deployment url> create <metadata> | run <thread id> | copy <thread id>
#                             | verify <thread id> <copied thread id> | page <thread id> | history <thread id>
set -euo pipefail

deployment_url=$1 step=$2
shift 2

create() {
    curl --silent --show-error --fail --request POST --url "$deployment_url/threads" \
        --header 'Content-Type: application/json' \
        --data "{\"metadata\": $1}" | jq --raw-output .thread_id
}

run() {
    curl --silent --show-error --fail --request POST --url "$deployment_url/threads/$1/runs/wait" \
        --header 'Content-Type: application/json' \
        --data '{"assistant_id": "threadcopy_plain", "input": {"messages": [{"role": "user", "content": "hi"}]}}'
}

copy() {
    curl --silent --show-error --fail --request POST --url "$deployment_url/threads/$1/copy" \
        --header 'Content-Type: application/json' | jq --raw-output .thread_id
}

# As the guide has it: what curl or jq could not get counts as empty, on both sides.
verify() {
    if diff <(
        curl --silent --request GET --url "$deployment_url/threads/$1/history" | jq -S 'map(del(.metadata.thread_id))'
    ) <(
        curl --silent --request GET --url "$deployment_url/threads/$2/history" | jq -S 'map(del(.metadata.thread_id))'
    ) >/dev/null; then
        echo "The histories are the same."
    else
        echo "The histories are different."
    fi
}

# What the guide takes for the history: it sends no limit, and the server sends its default page.
page() {
    curl --silent --show-error --fail --request GET --url "$deployment_url/threads/$1/history"
}

# The history, with the limit that the guide leaves out.
history() {
    curl --silent --show-error --fail --request GET --url "$deployment_url/threads/$1/history?limit=100"
}

"$step" "$@"
