"""Runs every benchmark."""

from benchmarks import compare, contract, end_to_end, import_cost

for benchmark in (import_cost, compare, end_to_end, contract):
    benchmark.main()
