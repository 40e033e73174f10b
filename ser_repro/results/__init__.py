"""What records say: scores, the ledger of claims, and what a document's runs come to."""
