# shellcheck shell=sh
# Mutated configurations, a quarter of them broken, are reloaded one after the other, and no client's request fails. `make
# mutants` does a thousand of them.
# machines: no, hundreds of reloads, each of which would wait for emulated processors

set -- 40 7
. "$LAB_DIRECTORY/mutated-reloads"
