#!/usr/bin/env bash
# Overloads the program as it is shipped for a minute, and lets crowds sign in while others read. Takes some minutes after
# an optimised build, and wants a machine that does nothing else. Ends with an error when a promise is not kept: somebody
# got another answer than 200, 429 or 503 or none at all, it did not heal within ten seconds, reads were slow meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each of 5,120 clients needs an open file, and those that are let in another one in the server.
ulimit -n 8192
cargo bench --package palvelutori-tests --bench figures -- rush overload
echo ok
