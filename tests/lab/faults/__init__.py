"""Faulty deployments, one fault each, and the proof that the contract catches every one of them.

``catalogue.py`` lists the faults, ``python -m tests.lab.faults`` runs the contract against each and writes
``docs/faults.md``, and ``test_faults.py`` keeps both honest in CI.
"""
