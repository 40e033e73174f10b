"""What records say: scores with intervals, the ledger of claims, and what test clips share with training clips."""
