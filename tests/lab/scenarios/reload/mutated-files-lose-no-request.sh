# shellcheck shell=sh
# machines: no, hundreds of reloads, each of which would wait for emulated processors
# Definitions that change in every way, a quarter of them broken, are reloaded one after the other while clients
# ask: not one request fails. `make mutants` does a thousand of them.

set -- 40 7
. "$LAB_DIRECTORY/mutated-reloads"
