"""What whoever reads and writes the ledger may rely on, on either engine; other modules' tests run on both as well."""
