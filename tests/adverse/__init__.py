"""The client and the contract on deployments that are slow, faulty, odd or hostile."""
