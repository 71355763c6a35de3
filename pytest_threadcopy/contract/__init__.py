"""The thread-copy contract: one test for each requirement, run against the deployment that is named.

``pytest --pyargs pytest_threadcopy.contract --deployment-url URL`` runs these alone.
"""
