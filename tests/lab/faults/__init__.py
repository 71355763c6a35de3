"""Faulty deployments, one fault each, and the proof that the contract catches every fault.

``catalogue.py`` lists the faults. ``python -m tests.lab.faults`` runs the contract under each, and writes
``docs/faults.md``. ``tests/adverse/faults/test_faults.py`` tests each fault and the page in CI.
"""
