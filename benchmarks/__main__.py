"""Runs every benchmark."""

from benchmarks import compare, contract, end_to_end, import_cost, redaction

for benchmark in (import_cost, redaction, compare, end_to_end, contract):
    benchmark.main()
